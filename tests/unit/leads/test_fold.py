"""What a lead is, as a pure function of what is known of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.facts import Fact
from leadloop.leads.lead import Lead
from leadloop.leads.state import Money, StageEntry
from leadloop.messages import BotSigns, PageAddress
from support.lead_facts import (
    ANNA,
    BORIS,
    PHONE,
    POLICY,
    UNMAPPED,
    YCLID,
    after,
    any_facts,
    entered,
    joined,
    linked,
    lost,
    observed,
    priced,
    state_of,
    submitted,
    visited,
)
from support.policies import LOST, MEETING, NEW, PIPELINE, QUALIFIED, WON
from support.settable_clock import MORNING

NOON = after(hours=3)
EVENING = after(hours=9)


@given(any_facts(), st.data())
def test_any_order_and_repetition_of_the_facts_give_one_lead(facts: list[Fact], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(facts), max_size=4)) if facts else []
    arriving = data.draw(st.permutations([*facts, *again]))
    lead = Lead(id="anna")
    for fact in arriving:
        lead = lead.with_facts((fact,))
    at_once = Lead(id="anna").with_facts(tuple(facts))
    assert lead.state(POLICY) == at_once.state(POLICY)
    assert lead.fields(POLICY) == at_once.fields(POLICY)
    assert lead.with_facts(tuple(again)) is lead


class TestSubmissions:
    def test_the_first_submission_says_when_from_where_and_by_which_form(self) -> None:
        state = state_of(
            submitted(NOON, form="callback", submission_id="s-2", utm={"utm_source": "vk"}),
            submitted(MORNING, form="main", submission_id="s-1", yclid=YCLID),
        )
        assert (state.occurred_at, state.submitted_at, state.born_in) == (MORNING, MORNING, "site")
        assert (state.form, state.submission_id, state.source.label) == ("main", "s-1", "yandex_direct")

    def test_of_each_id_the_first_known_stays_and_all_are_weak_ids(self) -> None:
        state = state_of(submitted(MORNING, client_id=ANNA), submitted(NOON, client_id=BORIS, yclid=YCLID))
        assert state.ids == {"client_id": ANNA, "yclid": YCLID}
        assert state.weak_ids == {f"client_id:{ANNA}", f"client_id:{BORIS}", f"yclid:{YCLID}"}

    def test_an_id_of_another_network_identifies_no_visitor_of_metrica(self) -> None:
        state = state_of(submitted(gclid="Cj0K"))
        assert (state.ids, state.weak_ids) == ({"gclid": "Cj0K"}, set())

    def test_a_submission_that_brought_an_id_is_a_visit(self) -> None:
        facts = [submitted(MORNING, client_id=ANNA), submitted(NOON, yclid=YCLID), submitted(EVENING, form="no ids")]
        assert state_of(*facts).visits == (MORNING, NOON)
        assert state_of(facts[2]).visits == ()

    def test_what_was_sealed_keyed_rejected_and_suspected_is_kept(self) -> None:
        state = state_of(
            submitted(
                keys=(PHONE,),
                contact_sealed="sealed",
                rejected_ids={"client_id": "not digits"},
                bot_signs=BotSigns(honeypot_filled=True),
            ),
            submitted(NOON, form="later", contact_sealed="sealed later", rejected_ids={"yclid": "too long"}),
        )
        assert state.key_ids == {PHONE.id}
        assert state.contact_sealed == "sealed"
        assert state.rejected_ids == {"client_id": "not digits", "yclid": "too long"}
        assert state.bot_signs["honeypot_filled"] is True


class TestVisits:
    def test_they_stand_in_order_among_the_submissions(self) -> None:
        state = state_of(visited(EVENING), submitted(NOON, client_id=ANNA), visited(after(days=2)))
        assert state.visits == (NOON, EVENING, after(days=2))

    @pytest.mark.parametrize(
        ("at", "seen"),
        [
            (MORNING, None),
            (NOON, NOON),
            (after(days=1), EVENING),
            (after(days=2), after(days=2)),
            (after(days=9), after(days=2)),
        ],
    )
    def test_of_several_the_last_before_a_moment_is_found(self, at: datetime, seen: datetime | None) -> None:
        state = state_of(submitted(NOON, client_id=ANNA), visited(EVENING), visited(after(days=2)))
        assert state.visit_before(at) == seen

    def test_they_say_nothing_of_when_or_from_where_the_lead_came(self) -> None:
        alone = state_of(submitted(NOON, client_id=ANNA))
        state = state_of(visited(MORNING), submitted(NOON, client_id=ANNA))
        assert (state.occurred_at, state.submitted_at, state.born_in) == (NOON, NOON, "site")
        assert (state.source, state.submission_id) == (alone.source, alone.submission_id)
        assert state_of(visited(MORNING)).occurred_at is None

    def test_those_of_another_browser_of_the_lead_prolong_nothing(self) -> None:
        """A conversion is sent by the first ClientID known, and Metrica counts that one's visits."""
        own, other = submitted(MORNING, client_id=ANNA), submitted(NOON, form="later", client_id=BORIS)
        state = state_of(own, other, visited(EVENING, BORIS))
        assert state.visits == (MORNING, NOON)

    def test_those_of_a_client_id_that_is_not_the_leads_count_for_nothing(self) -> None:
        """Its deal was merged away, and what stands in the surviving one is another person's."""
        merged = (linked("1", "created"), linked("2", "merge", NOON), observed("2", EVENING, client_id=BORIS))
        state = state_of(submitted(), *merged, visited(EVENING, BORIS))
        assert (state.ids, state.weak_ids, state.visits) == ({}, set(), ())


class TestBornInTheCrm:
    def test_a_deal_without_a_form_is_a_lead_of_unknown_source(self) -> None:
        state = state_of(linked(at=NOON), entered(QUALIFIED, NOON))
        assert (state.born_in, state.submitted_at, state.occurred_at) == ("crm", None, NOON)
        assert (state.source.label, state.source.rule) == ("none", "none.born_in_crm")

    def test_a_form_after_the_deal_makes_it_a_lead_of_the_site_that_occurred_with_the_deal(self) -> None:
        state = state_of(linked(at=MORNING), submitted(NOON, utm={"utm_source": "vk"}))
        assert (state.born_in, state.occurred_at, state.submitted_at) == ("site", MORNING, NOON)
        assert state.source.label == "vk"


class TestStages:
    def test_a_stage_is_reached_once_for_the_first_time(self) -> None:
        """Won, taken back, won again: the milestone stays where it was, the present stage moves."""
        state = state_of(
            entered(WON, MORNING), entered(QUALIFIED, NOON), entered(WON, EVENING), entered(LOST, after(hours=10))
        )
        assert state.stages["sold"] == StageEntry(MORNING, "amocrm-lead-1", exact=True)
        assert state.stages["qualified"].at == NOON
        assert state.stage == "lost"

    def test_won_lost_won_ends_as_sold_since_the_first_time(self) -> None:
        state = state_of(entered(WON, MORNING), entered(LOST, NOON), entered(WON, EVENING))
        assert (state.stage, state.stages["sold"].at) == ("sold", MORNING)

    def test_an_earlier_entry_learnt_later_is_the_first_time(self) -> None:
        late = (entered(MEETING, NOON, exact=False), entered(MEETING, MORNING))
        assert state_of(*late).stages["meeting"] == StageEntry(MORNING, "amocrm-lead-1", exact=True)

    def test_an_ignored_status_means_nothing(self) -> None:
        state = state_of(entered(QUALIFIED, MORNING), entered(NEW, NOON))
        assert (state.stage, set(state.stages), state.unmapped_statuses) == ("qualified", {"qualified"}, set())

    def test_a_status_the_policy_does_not_know_is_kept_to_be_told(self) -> None:
        state = state_of(entered(QUALIFIED, MORNING), entered(UNMAPPED, NOON))
        assert (state.stage, state.unmapped_statuses) == ("qualified", {f"{PIPELINE}/{UNMAPPED}"})

    def test_a_stage_remembers_the_deal_it_was_reached_on(self) -> None:
        state = state_of(entered(QUALIFIED, MORNING, deal="1"), entered(MEETING, NOON, deal="2"))
        assert [state.stages[stage].crm_ref for stage in ("qualified", "meeting")] == [
            "amocrm-lead-1",
            "amocrm-lead-2",
        ]


class TestPrices:
    def test_the_last_price_is_the_price(self) -> None:
        state = state_of(priced(900, NOON), priced(500, MORNING))
        assert (state.price, state.priced_at) == (Money(900, "RUB"), NOON)

    def test_a_price_taken_back_is_zero_and_not_unknown(self) -> None:
        assert state_of(priced(900, MORNING), priced(0, NOON)).price == Money(0, "RUB")
        assert state_of(linked()).price is None


class TestDeals:
    def test_the_deal_linked_last_is_the_present_one(self) -> None:
        state = state_of(linked("1", at=MORNING), linked("2", at=NOON))
        assert (state.crm_refs, state.crm_ref) == (["amocrm-lead-1", "amocrm-lead-2"], "amocrm-lead-2")

    def test_a_deal_that_is_gone_stays_known_as_gone(self) -> None:
        state = state_of(linked("1"), lost("1", "merged", "2", NOON), linked("2", "merge", NOON))
        assert state.lost == {"amocrm-lead-1": "merged"}
        assert state.crm_ref == "amocrm-lead-2"

    @pytest.mark.parametrize(("later", "counts"), [(0, True), (30, True), (61, False), (86_400, False)])
    def test_what_becomes_of_one_that_was_converted_is_no_news_but_for_the_conversion_itself(
        self, later: int, counts: bool
    ) -> None:
        at = NOON + timedelta(seconds=later)
        former = (linked("1"), lost("1", "converted", "2", NOON), linked("2", "converted", NOON))
        state = state_of(*former, priced(500, NOON, "2"), entered(QUALIFIED, at, "1"), priced(7, at, "1"))
        assert ("qualified" in state.stages) is counts
        assert later == 0 or state.price == Money(7 if counts else 500, "RUB")

    def test_a_lead_without_a_deal_has_none(self) -> None:
        assert state_of(submitted()).crm_ref is None


class TestObservedIds:
    def test_ids_in_the_deals_fields_are_learnt_without_a_visit(self) -> None:
        state = state_of(submitted(), linked(), observed(at=NOON, client_id=ANNA, keys=(PHONE.id,)))
        assert (state.ids, state.key_ids) == ({"client_id": ANNA}, {PHONE.id})
        assert state.visits == ()

    @pytest.mark.parametrize("at", [MORNING, EVENING])
    def test_ids_of_a_deal_the_lead_only_came_to_by_a_merge_are_another_persons(self, at: datetime) -> None:
        """Seen before or after the merge was known: what stands in the surviving deal is its own lead's."""
        state = state_of(
            submitted(MORNING),
            linked("1", "created", MORNING),
            linked("2", "merge", NOON),
            observed("2", at, client_id=BORIS, keys=(PHONE.id,)),
        )
        assert (state.ids, state.weak_ids, state.key_ids) == ({}, set(), set())
        assert state.joined_refs == {"amocrm-lead-2"}

    def test_the_lead_keeps_what_its_own_deal_said_before_the_merge(self) -> None:
        state = state_of(
            linked("1", "created", MORNING), observed("1", MORNING, client_id=ANNA), linked("2", "merge", NOON)
        )
        assert state.ids == {"client_id": ANNA}

    def test_a_deal_that_is_the_leads_own_stays_so_when_a_merge_names_it_later(self) -> None:
        state = state_of(linked("2", "field", MORNING), linked("2", "merge", NOON), observed("2", NOON, client_id=ANNA))
        assert (state.joined_refs, state.ids) == (frozenset(), {"client_id": ANNA})


def test_a_lead_of_which_nothing_is_known_is_nothing() -> None:
    state = state_of()
    assert (state.occurred_at, state.ids, state.stages, state.crm_ref) == (None, {}, {}, None)


def test_referrers_and_tags_come_from_the_submission_alone() -> None:
    """A later submission may know more, but the lead came when it came."""
    later = submitted(NOON, form="later", yclid=YCLID)
    assert state_of(submitted(referrer=PageAddress(host="ya.ru")), later).source.label == "ya_ru"
    assert joined([later, later]) == (later,)
