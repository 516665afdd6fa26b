"""One owner per deal: who it is depends on the leads alone, and never changes once something was claimed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leadloop.conversions.deals import judge_deal
from leadloop.leads.crm_refs import CrmRef
from leadloop.leads.lead import Claim, Lead
from leadloop.ports.store import Document

ANNA, BORIS, VERA = "anna", "boris", "vera"
TIMES = st.sampled_from(["2026-09-01T09:00:00.000000Z", "2026-09-01T10:00:00.000000Z", "2026-09-02T09:00:00.000000Z"])
LEADS = st.dictionaries(st.sampled_from([ANNA, BORIS, VERA, "galina"]), TIMES, min_size=1)


def ref(deal: str, leads: dict[str, str], **values: object) -> CrmRef:
    built = CrmRef(crm="amocrm", external_id=deal)
    for lead_id, occurred_at in leads.items():
        built = built.with_lead(lead_id, occurred_at)
    return built.changed(**values)


def claiming(lead_id: str, goal: str, crm_ref: str | None) -> Lead:
    """A lead that claimed a goal."""
    claim = Claim(
        goal=goal,
        identifier_kind="client_id",
        identifier="1700000000123456789",
        target=goal,
        date_time=1_788_250_000,
        price=None,
        currency=None,
        deadline="2026-09-22T06:00:00.000000Z",
        crm_ref=crm_ref,
        row=f"1700000000123456789,{goal},1788250000",
    )
    return Lead(id=lead_id, claims={goal: claim})


def at_rest(one: CrmRef) -> Document:
    return Document(one.key, one.fields(), "1")


@given(LEADS, st.randoms(use_true_random=False))
def test_the_owner_is_the_earliest_lead_in_whatever_order_they_came(leads: dict[str, str], chance: object) -> None:
    shuffled = list(leads.items())
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    built = ref("7", dict(shuffled))
    assert built.owner == min(leads, key=lambda lead_id: (leads[lead_id], lead_id))
    assert built.leads == leads


@given(LEADS, LEADS)
def test_a_claim_freezes_the_owner_whoever_joins_later(before: dict[str, str], after: dict[str, str]) -> None:
    unclaimed = ref("7", before)
    claimed = unclaimed.with_claims_of([claiming(unclaimed.owner or "", "flat_sold", "amocrm-lead-7")])
    joined = claimed
    for lead_id, occurred_at in after.items():
        joined = joined.with_lead(lead_id, occurred_at)
    assert joined.owner == claimed.owner
    assert joined.claimed == {"flat_sold": claimed.owner}


@given(LEADS, LEADS, st.booleans(), st.booleans())
def test_after_a_merge_one_lead_alone_may_claim_through_either_reference(
    of_lost: dict[str, str], of_kept: dict[str, str], lost_frozen: bool, kept_frozen: bool
) -> None:
    lost, kept = ref("7", of_lost, frozen=lost_frozen), ref("8", of_kept, frozen=kept_frozen)
    survivor = kept.absorb(lost)
    alias = lost.merged_into(survivor)
    assert survivor.leads.keys() == alias.leads.keys() == of_lost.keys() | of_kept.keys()
    for goal in ("qualified", "flat_sold"):
        able = {
            lead_id
            for one in (survivor, alias)
            for lead_id in survivor.leads
            if judge_deal(at_rest(one), goal, lead_id)
        }
        assert able == {survivor.owner}
    expected = kept.owner if kept_frozen else lost.owner if lost_frozen else ref("9", {**of_lost, **of_kept}).owner
    assert survivor.owner == expected or not (kept_frozen or lost_frozen)


def test_what_either_deal_claimed_stays_claimed_after_a_merge() -> None:
    lost = ref("7", {ANNA: "2026-09-01"}, frozen=True, claimed={"qualified": ANNA})
    kept = ref("8", {BORIS: "2026-09-02"}, frozen=True, claimed={"flat_sold": BORIS})
    survivor = kept.absorb(lost)
    assert survivor.claimed == {"qualified": ANNA, "flat_sold": BORIS}
    assert survivor.owner == BORIS
    assert not judge_deal(at_rest(survivor), "qualified", BORIS)
    assert not judge_deal(at_rest(lost.merged_into(survivor)), "flat_sold", ANNA)


def test_a_claim_through_a_merged_deal_is_the_survivors_too() -> None:
    lost = ref("7", {ANNA: "2026-09-01"}).with_claims_of([claiming(ANNA, "qualified", "amocrm-lead-7")])
    survivor = ref("8", {BORIS: "2026-09-02"}).absorb(lost)
    assert (survivor.owner, survivor.claimed) == (ANNA, {"qualified": ANNA})
    again = ref("9", {VERA: "2026-08-31"}).absorb(
        survivor.with_claims_of([claiming(ANNA, "flat_sold", "amocrm-lead-7"), Lead(id=BORIS)])
    )
    assert (again.owner, again.claimed) == (ANNA, {"qualified": ANNA, "flat_sold": ANNA})


def test_claims_on_other_deals_and_on_none_freeze_nothing() -> None:
    deal = ref("7", {ANNA: "2026-09-02"})
    elsewhere = [claiming(ANNA, "qualified", "amocrm-lead-9"), claiming(ANNA, "lead_received", None)]
    assert deal.with_claims_of(elsewhere) is deal
    assert deal.with_claims_of(elsewhere).with_lead(BORIS, "2026-09-01").owner == BORIS


def test_merges_of_merges_keep_every_alias() -> None:
    first, second, third = (ref(deal, {deal: "2026-09-01"}) for deal in ("7", "8", "9"))
    survivor = third.absorb(second.absorb(first))
    assert survivor.aliases == ("amocrm-lead-7", "amocrm-lead-8")
    assert survivor.ownership_of("7") == {"amocrm-lead-9": True, "amocrm-lead-7": True, "amocrm-lead-8": True}


def test_a_lead_that_knew_is_told_nothing_new() -> None:
    deal = ref("7", {ANNA: "2026-09-01"})
    told = deal.tell(Lead(id=ANNA))
    assert told.ownership == {"amocrm-lead-7": True}
    assert deal.tell(told) is told


def test_what_is_unknown_is_left_out_of_the_document_so_that_queries_pass_it_over() -> None:
    waiting = CrmRef(crm="amocrm", external_id="7", waits_until="2026-09-01T09:10:00.000000Z")
    assert "waits_until" in waiting.fields()
    assert "waits_until" not in waiting.with_lead(ANNA, "2026-09-01").fields()
    assert CrmRef.of(at_rest(waiting)) == waiting


def test_of_a_merged_deal_the_survivor_tells_who_owns_it() -> None:
    """Which waited for its own lead, and found it after the other was merged into it: two owners would claim twice."""
    anna, boris = "2026-09-02T09:00:00.000000Z", "2026-09-01T09:00:00.000000Z"
    lost, waiting = ref("1", {ANNA: anna}), ref("2", {}, waits_until=anna)
    survivor = waiting.absorb(lost)
    merged = lost.merged_into(survivor)
    owned = survivor.with_lead(BORIS, boris).tell(Lead(id=ANNA))
    assert owned.ownership == {"amocrm-lead-1": False, "amocrm-lead-2": False}
    assert merged.tell(owned) is owned
