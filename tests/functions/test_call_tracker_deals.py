"""A call and the deal that is made of it: one lead, whichever is read first, and each goal once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from leadloop.conversions.selection import Selection
from leadloop.crm.deals import Deal
from leadloop.leads.lead import Claim, Lead
from leadloop.leads.writing import lead_writes
from leadloop.messages import LeadRegistered
from leadloop.ports.store import Write
from support.crm_desk import ANNA
from support.tracker_desk import TrackerAccounts, TrackerDesk, with_tracker

ANNA_TYPED, BORIS_TYPED = "+7 999 000-00-02", "+7 999 000-00-03"


@pytest.fixture(scope="module")
def accounts() -> TrackerAccounts:
    return TrackerAccounts()


@pytest.fixture
def desk(accounts: TrackerAccounts) -> Iterator[TrackerDesk]:
    with accounts.desk() as one:
        yield one


def to_send(desk: TrackerDesk, hours: int = 2) -> list[tuple[str, str]]:
    """Lead and goal of everything the uploader would send once prices have settled."""
    policy, now = desk.world.runtime.policy, desk.clock.now() + timedelta(hours=hours)
    choices = Selection(policy, now).read(desk.world.store, desk.world.documents("lead"))
    return sorted((choice.lead.id, one.claim.goal) for choice in choices for one in choice.sendable)


def claim(desk: TrackerDesk) -> None:
    """All that would be sent is taken for an upload."""
    policy, now = desk.world.runtime.policy, desk.clock.now() + timedelta(hours=2)
    documents = desk.world.documents("lead")
    versions = {document.key.id: document.version for document in documents}
    for choice in Selection(policy, now).read(desk.world.store, documents):
        claims: dict[str, Claim] = {
            one.claim.goal: one.claim.model_copy(update={"token": "u1"}) for one in choice.sendable
        }
        lead: Lead = choice.lead.model_copy(update={"claims": {**choice.lead.claims, **claims}})
        if claims:
            desk.world.store.commit(lead_writes(policy, lead, versions[lead.id]))


class TestOneLead:
    @pytest.mark.parametrize("minutes_until_deal", [0, 3, 60])
    def test_the_deal_of_a_caller_finds_the_lead_of_the_call(self, desk: TrackerDesk, minutes_until_deal: int) -> None:
        desk.call("anna", desk.visit())
        if minutes_until_deal:
            desk.pass_time(minutes=minutes_until_deal)
        deal = desk.deal(phone=ANNA_TYPED)
        desk.carry_hooks()
        desk.pass_time(minutes=45)
        state = desk.state(desk.the_lead().id)
        assert (state.born_in, state.crm_ref, state.ids["client_id"]) == ("call", f"amocrm-lead-{deal}", ANNA)
        assert (desk.ref(deal).owner, desk.ref(deal).matched_by) == (desk.the_lead().id, "match.key")

    def test_a_deal_that_was_there_before_the_row_of_its_call(self, desk: TrackerDesk) -> None:
        desk.tracker_settings(row_delay_seconds=2400)
        desk.call("anna", desk.visit())
        deal = desk.deal(phone=ANNA_TYPED)
        desk.carry_hooks()
        desk.pass_time(minutes=30)
        assert desk.state(desk.the_lead().id).contacts == {}
        desk.pass_time(hours=4)
        state = desk.state(desk.the_lead().id)
        assert (state.born_in, state.crm_ref, len(state.contacts)) == ("call", f"amocrm-lead-{deal}", 1)
        assert state.source.label == "yandex_direct"

    def test_a_call_never_becomes_the_deal(self, desk: TrackerDesk) -> None:
        desk.call("anna", desk.visit())
        deal = desk.deal(phone=ANNA_TYPED)
        desk.carry_hooks()
        desk.pass_time(hours=2)
        desk.call("anna")
        desk.pass_time(hours=1)
        assert desk.state(desk.the_lead().id).crm_refs == [f"amocrm-lead-{deal}"]

    def test_the_ids_of_the_call_are_written_into_the_deal(self, desk: TrackerDesk) -> None:
        desk.call("anna", desk.visit())
        deal = desk.deal(phone=ANNA_TYPED)
        desk.carry_hooks()
        desk.pass_time(hours=1)
        fields = desk.fields_of(deal)
        assert (fields["_YM_UID"], fields["LEADLOOP_ID"]) == (ANNA, desk.the_lead().id)

    def test_nothing_is_created_in_the_crm_for_a_call(self, accounts: TrackerAccounts) -> None:
        with accounts.desk(with_tracker("keep")) as desk:
            desk.chat(None, desk.visit())
            desk.call("boris")
            desk.pass_time(hours=2)
            assert len(desk.leads()) == 2
            for lead in desk.leads():
                message = LeadRegistered(event_id=f"again-{lead.id}", lead_id=lead.id)
                assert desk.world.push("deliver-lead", message).status_code == 204
            assert not desk.ledger()["leads"]


class TestOnce:
    def test_a_call_with_ids_counts_as_received(self, desk: TrackerDesk) -> None:
        desk.call("anna", desk.visit())
        desk.pass_time(minutes=30)
        assert to_send(desk) == [(desk.the_lead().id, "lead_received")]

    def test_who_was_called_was_not_received(self, accounts: TrackerAccounts) -> None:
        with accounts.desk(with_tracker(tracker={"calls": "all"})) as desk:
            desk.call("anna", desk.visit(), direction="out")
            desk.pass_time(minutes=30)
            assert desk.state(desk.the_lead().id).born_in == "call"
            assert to_send(desk) == []

    def test_whom_a_manager_entered_was_not_received_by_a_later_call(self, desk: TrackerDesk) -> None:
        desk.deal(phone=ANNA_TYPED)
        desk.pass_time(minutes=30)
        desk.call("anna", desk.visit())
        desk.pass_time(minutes=30)
        assert desk.state(desk.the_lead().id).ids["client_id"] == ANNA
        assert to_send(desk) == []

    def test_a_form_within_the_hour_after_a_call_is_received_once(self, desk: TrackerDesk) -> None:
        desk.call("anna", desk.visit())
        desk.pass_time(minutes=30)
        desk.submit("anna", phone=ANNA_TYPED, client_id=ANNA)
        desk.settle()
        desk.pass_time(minutes=30)
        assert [goal for _, goal in to_send(desk)] == ["lead_received"]

    def test_a_tag_reaches_the_stage_that_the_policy_names(self, desk: TrackerDesk) -> None:
        call = desk.call("anna", desk.visit())
        desk.pass_time(minutes=30)
        tagged_at = desk.clock.now()
        desk.tag(call, "target")
        desk.pass_time(minutes=15)
        state = desk.state(desk.the_lead().id)
        assert (state.stage, state.stages["qualified"].at) == ("qualified", tagged_at)
        assert "lead_qualified" in {goal for _, goal in to_send(desk)}

    def test_qualified_by_a_tag_and_by_the_deal_is_sent_once(self, desk: TrackerDesk) -> None:
        call = desk.call("anna", desk.visit())
        deal = desk.deal(phone=ANNA_TYPED)
        desk.carry_hooks()
        desk.pass_time(minutes=30)
        desk.tag(call, "target")
        desk.pass_time(minutes=15)
        claim(desk)
        desk.move(deal, "qualified")
        desk.carry_hooks()
        desk.pass_time(minutes=15)
        lead = desk.the_lead()
        assert {*lead.claims} == {"lead_received", "lead_qualified"}
        assert to_send(desk) == []

    def test_what_a_call_claimed_no_other_lead_claims_on_its_deal(self, desk: TrackerDesk) -> None:
        older = desk.submit("boris", phone=BORIS_TYPED, client_id="1700000000123456790")
        desk.settle()
        desk.clock.advance(hours=2)
        call = desk.call("anna", desk.visit())
        desk.tag(call, "target")
        desk.pass_time(minutes=30)
        claim(desk)
        caller = next(lead.id for lead in desk.leads() if lead.id != older)
        deals = [desk.deal(phone=ANNA_TYPED), desk.deal(phone=BORIS_TYPED)]
        desk.carry_hooks()
        desk.pass_time(minutes=30)
        desk.act("merge", loser=deals[0], winner=deals[1])
        desk.carry_hooks()
        desk.pass_time(minutes=30)
        desk.move(deals[1], "qualified")
        desk.carry_hooks()
        desk.pass_time(minutes=30)
        assert {*desk.ref(deals[1]).leads} == {caller, older}
        assert desk.ref(deals[1]).claimed["lead_qualified"] == caller
        assert [lead_id for lead_id, goal in to_send(desk) if goal == "lead_qualified"] == []

    def test_a_deal_knows_at_once_what_a_caller_claimed_before(self, desk: TrackerDesk) -> None:
        call = desk.call("anna", desk.visit())
        desk.tag(call, "target")
        desk.pass_time(minutes=30)
        claim(desk)
        store, policy = desk.world.store, desk.world.runtime.policy
        deal = Deal.read(store, policy, "amocrm", "7", None)
        deal.join(desk.the_lead().id, "match.key", desk.clock.now())
        assert (deal.ref.claimed["lead_qualified"], deal.ref.frozen) == (desk.the_lead().id, True)

    def test_a_tag_on_a_touch_of_a_deal_sends_nothing_that_the_owner_sends(self, desk: TrackerDesk) -> None:
        owner = desk.submit("boris", phone=BORIS_TYPED, client_id="1700000000123456790")
        desk.settle()
        desk.clock.advance(hours=2)
        call = desk.call("anna", desk.visit())
        deals = [desk.deal(phone=ANNA_TYPED), desk.deal(phone=BORIS_TYPED)]
        desk.carry_hooks()
        desk.pass_time(minutes=30)
        desk.act("merge", loser=deals[0], winner=deals[1])
        desk.carry_hooks()
        desk.pass_time(minutes=30)
        assert desk.ref(deals[1]).owner == owner
        desk.tag(call, "target")
        desk.pass_time(minutes=15)
        desk.move(deals[1], "qualified")
        desk.carry_hooks()
        desk.pass_time(minutes=15)
        assert [lead_id for lead_id, goal in to_send(desk) if goal == "lead_qualified"] == [owner]

    def test_what_the_deal_shows_is_the_present_stage(self, desk: TrackerDesk) -> None:
        call = desk.call("anna", desk.visit())
        deal = desk.deal(phone=ANNA_TYPED)
        desk.carry_hooks()
        desk.pass_time(minutes=30)
        desk.move(deal, "meeting")
        desk.carry_hooks()
        desk.pass_time(minutes=15)
        desk.tag(call, "target")
        desk.pass_time(minutes=15)
        state = desk.state(desk.the_lead().id)
        assert state.stage == "meeting"
        assert {*state.stages} == {"meeting", "qualified"}


class TestWhoCallsFirst:
    """A call, days later the form of the same person, and one deal: the sale counts, and once."""

    def counted(self, desk: TrackerDesk) -> list[str]:
        return sorted(goal for lead in desk.leads() for goal in lead.claims)

    def call_then_form(self, desk: TrackerDesk, tag: str | None = None) -> None:
        call = desk.call("anna", desk.visit())
        if tag is not None:
            desk.tag(call, tag)
        desk.pass_time(minutes=45)
        claim(desk)
        desk.clock.advance(days=2)
        desk.submit("anna", phone=ANNA_TYPED, client_id=ANNA)
        desk.settle()

    def deal_of(self, desk: TrackerDesk, mode: str) -> int:
        if mode == "keep":
            desk.pass_time(minutes=30)
            return int(desk.ledger()["leads"][-1]["id"])
        deal = desk.deal(phone=ANNA_TYPED)
        desk.carry_hooks()
        return deal

    @pytest.mark.parametrize("mode", ["hash", "keep"])
    @pytest.mark.parametrize("tag", [None, "target"])
    def test_the_sale_of_the_form_s_deal_counts(self, accounts: TrackerAccounts, mode: str, tag: str | None) -> None:
        with accounts.desk(with_tracker(mode)) as desk:
            self.call_then_form(desk, tag)
            deal = self.deal_of(desk, mode)
            for stage in ("qualified", "sold"):
                desk.pass_time(minutes=45)
                desk.move(deal, stage)
                desk.carry_hooks()
                claim(desk)
            desk.pass_time(minutes=30)
            claim(desk)
            assert self.counted(desk) == ["flat_sold", "lead_qualified", "lead_received"]

    @pytest.mark.parametrize("days", [0, 2])
    @pytest.mark.parametrize("tag", [None, "target"])
    def test_without_contacts_the_client_id_joins_them_if_the_policy_says_so(
        self, accounts: TrackerAccounts, tag: str | None, days: int
    ) -> None:
        with accounts.desk(with_tracker("none", duplicates={"keys": ["client_id"]})) as desk:
            call = desk.call("anna", desk.visit())
            if tag is not None:
                desk.tag(call, tag)
            desk.pass_time(minutes=45)
            claim(desk)
            desk.clock.advance(days=days)
            desk.submit("anna", client_id=ANNA, city="Moscow")
            desk.settle()
            deal = desk.deal(fields={"_YM_UID": ANNA})
            desk.carry_hooks()
            for stage in ("qualified", "sold"):
                desk.pass_time(minutes=45)
                desk.move(deal, stage)
                desk.carry_hooks()
                claim(desk)
            assert self.counted(desk) == ["flat_sold", "lead_qualified", "lead_received"]

    @pytest.mark.parametrize("is_claimed", [True, False])
    def test_a_form_within_the_hour_counts_nothing_that_a_tag_of_the_call_did(
        self, desk: TrackerDesk, is_claimed: bool
    ) -> None:
        desk.tag(desk.call("anna", desk.visit()), "target")
        desk.pass_time(minutes=45)
        if is_claimed:
            claim(desk)
        desk.submit("anna", phone=ANNA_TYPED, client_id=ANNA)
        desk.settle()
        desk.move(self.deal_of(desk, "hash"), "qualified")
        desk.carry_hooks()
        desk.pass_time(minutes=45)
        claim(desk)
        assert self.counted(desk) == ["lead_qualified", "lead_received"]

    def test_a_later_deal_of_the_call_counts_nothing_again(self, desk: TrackerDesk) -> None:
        self.call_then_form(desk)
        deals = [self.deal_of(desk, "hash")]
        desk.move(deals[0], "sold")
        desk.carry_hooks()
        claim(desk)
        desk.clock.advance(days=1)
        deals.append(self.deal_of(desk, "hash"))
        desk.pass_time(minutes=15)
        assert {desk.state(lead.id).crm_ref for lead in desk.leads()} == {f"amocrm-lead-{deal}" for deal in deals}
        for stage in ("qualified", "sold"):
            desk.move(deals[1], stage)
            desk.carry_hooks()
            desk.pass_time(minutes=45)
            claim(desk)
        assert self.counted(desk) == ["flat_sold", "lead_qualified", "lead_received"]

    def test_a_claim_made_while_the_deal_of_the_first_is_read_is_not_made_twice(
        self, desk: TrackerDesk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.call_then_form(desk)
        of_form = self.deal_of(desk, "hash")
        desk.move(of_form, "sold")
        desk.carry_hooks()
        of_call = self.deal_of(desk, "hash")
        desk.pass_time(minutes=15)
        writes, interrupted = Deal.writes, list[bool]()

        def claimed_meanwhile(deal: Deal) -> list[Write]:
            if deal.ref.external_id == str(of_call) and not interrupted:
                interrupted.append(True)
                claim(desk)
            return writes(deal)

        desk.move(of_call, "sold")
        monkeypatch.setattr(Deal, "writes", claimed_meanwhile)
        desk.carry_hooks()
        assert interrupted
        desk.pass_time(minutes=45)
        claim(desk)
        assert self.counted(desk).count("flat_sold") == 1

    def test_two_deals_of_a_series_merged_into_one_lose_no_sale(self, desk: TrackerDesk) -> None:
        self.call_then_form(desk)
        of_form = self.deal_of(desk, "hash")
        desk.pass_time(minutes=20)
        of_call = self.deal_of(desk, "hash")
        desk.pass_time(minutes=15)
        desk.move(of_form, "sold")
        desk.carry_hooks()
        desk.act("merge", winner=of_form, loser=of_call)
        desk.carry_hooks()
        desk.pass_time(minutes=45)
        claim(desk)
        assert self.counted(desk).count("flat_sold") == 1
