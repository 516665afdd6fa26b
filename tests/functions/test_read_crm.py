"""read-crm: a hint is never the truth, the CRM is read once for many of them, and facts land on the right lead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from leadloop import timestamps
from leadloop.messages import CrmEntityTouched, HintUnreadable, LeadRegistered
from leadloop.quarantine import seal_body
from support.crm_desk import ANNA, BORIS, CrmDesk, crm_desk
from support.policies import NEW, PIPELINE, QUALIFIED, sokol
from support.settable_clock import MORNING

PHONE = "+7 999 000-00-03"


@pytest.fixture
def desk() -> Iterator[CrmDesk]:
    """The default mode: the site's own integration creates deals, only keyed hashes reach us."""
    with crm_desk(sokol("hash")) as desk:
        yield desk


@pytest.fixture
def keeping() -> Iterator[CrmDesk]:
    with crm_desk(sokol("keep")) as desk:
        yield desk


@pytest.fixture
def impersonal() -> Iterator[CrmDesk]:
    with crm_desk(sokol("none")) as desk:
        yield desk


def hint(desk: CrmDesk, *deals: int, event_id: str = "hint-1", **others: tuple[str, ...]) -> CrmEntityTouched:
    ids = {"lead": tuple(str(deal) for deal in deals), **others}
    return CrmEntityTouched(event_id=event_id, received_at=desk.clock.now(), crm="amocrm", entity_ids=ids)


def read(desk: CrmDesk, *deals: int, event_id: str = "hint-1", **others: tuple[str, ...]) -> None:
    answer = desk.world.push("read-crm", hint(desk, *deals, event_id=event_id, **others))
    assert answer.status_code == 204


def site_deal(desk: CrmDesk, client_id: str = ANNA, **order: object) -> int:
    """What the site's own integration does: a deal with the ClientID in its tracking field."""
    return desk.deal(fields={"_YM_UID": client_id}, **order)


def linked(desk: CrmDesk) -> tuple[str, int]:
    """Anna's lead and her deal, found by ClientID."""
    lead = desk.submit("anna", client_id=ANNA)
    desk.settle()
    deal = site_deal(desk)
    desk.carry_hooks()
    return lead, deal


def stages(desk: CrmDesk, lead: str) -> dict[str, datetime]:
    return {stage: entry.at for stage, entry in desk.state(lead).stages.items()}


class TestAHintAndItsOutcome:
    def test_it_ends_as_applied_and_leaves_no_mark(self, desk: CrmDesk) -> None:
        read(desk, site_deal(desk))
        [outcome] = desk.world.documents("outcome")
        assert (outcome.key.id, outcome.fields["outcome"], outcome.fields["rule"]) == (
            "hint-1",
            "applied",
            "hint.read",
        )

    def test_the_same_hint_again_is_counted_once(self, desk: CrmDesk) -> None:
        deal = site_deal(desk)
        read(desk, deal)
        read(desk, deal)
        assert len(desk.world.documents("outcome")) == 1

    def test_one_about_nothing_we_read_is_counted_too(self, desk: CrmDesk) -> None:
        read(desk, company=("5",))
        [outcome] = desk.world.documents("outcome")
        assert outcome.fields["rule"] == "hint.nothing_to_read"
        assert desk.calls() == []

    def test_an_unreadable_one_is_quarantined_with_its_reason(self, desk: CrmDesk) -> None:
        sealed = seal_body(desk.world.runtime.policy, b"leads[add][0][name]=Anna")
        message = HintUnreadable(
            event_id="bad", received_at=desk.clock.now(), crm="amocrm", reason="no id", size=24, body_sealed=sealed
        )
        for _ in range(2):
            assert desk.world.push("read-crm", message).status_code == 204
        kept = desk.world.the("quarantine")
        assert (kept.key.id, kept.fields["kind"], kept.fields["reason"]) == ("bad", "hint", "no id")
        [outcome] = desk.world.documents("outcome")
        assert outcome.fields["outcome"] == "quarantined"
        told = desk.world.log.entries[-1]
        assert (told.severity, told.event, told.details["reason"]) == ("WARNING", "hint_quarantined", "no id")
        assert "leadloop quarantine" in str(told.details["what_to_do"])

    def test_a_message_of_another_topic_is_quarantined_not_retried(self, desk: CrmDesk) -> None:
        message = LeadRegistered(event_id="e", lead_id="l")
        assert desk.world.push("read-crm", message).status_code == 204
        assert desk.world.the("quarantine").fields["kind"] == "message"

    def test_a_hint_with_thousands_of_ids_marks_them_all(self, desk: CrmDesk) -> None:
        desk.break_next("status", times=None)
        read(desk, *range(1, 1001))
        assert len(desk.marks()) == 1000


class TestTheCrmIsReadNotBelieved:
    def test_a_burst_of_hooks_costs_one_reading_of_each_deal(self, desk: CrmDesk) -> None:
        deals = [site_deal(desk, str(1_700_000_000_000_000_000 + number)) for number in range(30)]
        read(desk, *deals)
        assert [path for _, path in desk.calls()].count("/api/v4/leads") == 1
        assert [path for _, path in desk.calls()].count("/api/v4/events") == 3

    def test_a_crm_that_is_down_is_logged_once_and_acknowledged_and_the_marks_stay(self, desk: CrmDesk) -> None:
        lead, deal = linked(desk)
        desk.move(deal, "qualified")
        desk.break_next("status", times=None)
        read(desk, deal, event_id="while-down")
        assert desk.marks() == [f"amocrm-lead-{deal}"]
        assert desk.world.log.events("ERROR") == ["crm_unreadable"]
        desk.amocrm.faults.clear()
        desk.sync()
        assert "qualified" in stages(desk, lead)
        assert desk.marks() == []

    @pytest.mark.parametrize("status", [401, 402, 403, 429])
    def test_an_account_that_refuses_us_is_like_one_that_is_down(self, desk: CrmDesk, status: int) -> None:
        deal = site_deal(desk)
        desk.break_next("status", times=None, status=status)
        read(desk, deal)
        assert desk.marks() == [f"amocrm-lead-{deal}"]
        [entry] = [entry for entry in desk.world.log.entries if entry.severity == "ERROR"]
        assert entry.details["what_to_do"]

    @pytest.mark.parametrize("filters", ["ignored", "refused"])
    def test_an_account_without_filters_is_read_deal_by_deal(self, desk: CrmDesk, filters: str) -> None:
        lead, deal = linked(desk)
        others = [site_deal(desk, BORIS) for _ in range(3)]
        desk.settings(filters=filters)
        desk.clock.advance(minutes=1)
        desk.move(deal, "qualified")
        read(desk, deal, event_id="now")
        assert stages(desk, lead) == {"qualified": MORNING + timedelta(minutes=1)}
        assert all(not desk.deals_of(str(other)) for other in others)

    def test_short_pages_are_read_to_their_end(self, desk: CrmDesk) -> None:
        desk.settings(short_pages=True)
        deals = [site_deal(desk, str(1_700_000_000_000_000_000 + number)) for number in range(150)]
        read(desk, *deals)
        assert len(desk.world.documents("crm_ref")) == 150
        assert [path for _, path in desk.calls()].count("/api/v4/leads") == 2

    def test_our_own_writes_lead_to_no_writes_and_no_messages(self, desk: CrmDesk) -> None:
        linked(desk)
        desk.carry_hooks()
        desk.clock.advance(minutes=15)
        desk.sync()
        messages, resting = len(desk.world.memory_bus.published), desk.resting()
        desk.clock.advance(minutes=30)
        assert desk.carry_hooks() == []
        desk.sync()
        assert len(desk.world.memory_bus.published) == messages
        assert desk.resting() == resting

    def test_reading_a_deal_again_writes_nothing_about_it(self, desk: CrmDesk) -> None:
        _, deal = linked(desk)
        desk.move(deal, "qualified")
        desk.act("set_price", lead_id=deal, price=5_000_000)
        desk.carry_hooks()
        before, usage = desk.resting(), desk.world.store.usage.writes
        read(desk, deal, event_id="again")
        assert desk.resting() == before
        outcome, lease_taken, lease_returned = 1, 1, 1
        assert desk.world.store.usage.writes - usage == outcome + lease_taken + lease_returned


class TestStages:
    def test_times_are_the_feeds_not_the_hooks(self, desk: CrmDesk) -> None:
        lead, deal = linked(desk)
        moves = {}
        for stage in ("qualified", "meeting", "sold"):
            desk.clock.advance(hours=3)
            moves[stage] = desk.clock.now()
            desk.move(deal, stage)
        desk.clock.advance(days=1)
        desk.act("rename", lead_id=deal, name="Анна, двушка")
        desk.carry_hooks()
        assert stages(desk, lead) == moves
        assert all(entry.exact for entry in desk.state(lead).stages.values())

    def test_the_first_status_counts_from_the_creation(self, desk: CrmDesk) -> None:
        lead = desk.submit("anna", client_id=ANNA)
        desk.settle()
        site_deal(desk, pipeline_id=int(PIPELINE), status_id=int(QUALIFIED))
        desk.carry_hooks()
        assert stages(desk, lead) == {"qualified": MORNING}

    def test_a_first_status_left_before_the_first_reading_is_not_lost(self, desk: CrmDesk) -> None:
        lead = desk.submit("anna", client_id=ANNA)
        desk.settle()
        deal = site_deal(desk, pipeline_id=int(PIPELINE), status_id=int(QUALIFIED))
        desk.clock.advance(minutes=2)
        desk.move(deal, "meeting")
        desk.carry_hooks()
        assert stages(desk, lead) == {"qualified": MORNING, "meeting": MORNING + timedelta(minutes=2)}

    def test_several_moves_in_one_second_keep_their_order(self, desk: CrmDesk) -> None:
        lead, deal = linked(desk)
        for stage in ("qualified", "meeting", "sold", "lost"):
            desk.move(deal, stage)
        desk.carry_hooks()
        assert desk.state(lead).stage == "lost"
        assert {at.replace(microsecond=0) for at in stages(desk, lead).values()} == {MORNING}

    def test_a_stage_left_and_entered_again_counts_from_the_first_time(self, desk: CrmDesk) -> None:
        lead, deal = linked(desk)
        for stage in ("sold", "meeting", "sold"):
            desk.clock.advance(hours=1)
            desk.move(deal, stage)
        desk.carry_hooks()
        assert stages(desk, lead)["sold"] == MORNING + timedelta(hours=1)

    def test_more_moves_than_a_page_of_events_are_all_read(self, desk: CrmDesk) -> None:
        lead, deal = linked(desk)
        for number in range(120):
            desk.clock.advance(minutes=1)
            desk.move(deal, "new" if number % 2 else "meeting")
        desk.clock.advance(minutes=1)
        desk.move(deal, "sold")
        desk.carry_hooks()
        assert len([fact for fact in desk.lead(lead).facts if fact.kind == "stage_entered"]) == 122

    @pytest.mark.parametrize("order", ["newest_first", "oldest_first"])
    def test_the_order_of_the_feed_decides_nothing(self, desk: CrmDesk, order: str) -> None:
        desk.settings(events_order=order)
        lead, deal = linked(desk)
        for stage in ("qualified", "meeting"):
            desk.clock.advance(hours=1)
            desk.move(deal, stage)
        desk.carry_hooks()
        assert stages(desk, lead) == {
            "qualified": MORNING + timedelta(hours=1),
            "meeting": MORNING + timedelta(hours=2),
        }

    def test_a_feed_that_lags_is_waited_for(self, desk: CrmDesk) -> None:
        lead, deal = linked(desk)
        desk.settings(events_lag_seconds=240)
        desk.clock.advance(hours=1)
        desk.move(deal, "qualified")
        desk.carry_hooks()
        assert stages(desk, lead) == {}
        assert desk.marks() == [f"amocrm-lead-{deal}"]
        desk.clock.advance(minutes=5)
        desk.sync()
        assert stages(desk, lead) == {"qualified": MORNING + timedelta(hours=1)}
        assert desk.state(lead).stages["qualified"].exact
        assert desk.marks() == []

    def test_a_feed_that_never_catches_up_gives_way_to_the_time_of_change_marked_as_not_exact(
        self, desk: CrmDesk
    ) -> None:
        lead, deal = linked(desk)
        desk.settings(events_lag_seconds=86_400)
        desk.clock.advance(hours=1)
        desk.move(deal, "sold")
        moved = desk.clock.now()
        desk.carry_hooks()
        desk.clock.advance(minutes=9, seconds=59)
        desk.sync()
        assert stages(desk, lead) == {}
        desk.clock.advance(minutes=2)
        desk.sync()
        entry = desk.state(lead).stages["sold"]
        assert (entry.at, entry.exact) == (moved, False)
        before = desk.resting()
        desk.clock.advance(hours=1)
        read(desk, deal, event_id="later")
        assert desk.resting() == before

    def test_a_deal_edited_at_once_but_never_moved_is_settled_after_the_lag(self, desk: CrmDesk) -> None:
        lead = desk.submit("anna", client_id=ANNA)
        desk.settle()
        deal = site_deal(desk, pipeline_id=int(PIPELINE), status_id=int(QUALIFIED))
        desk.clock.advance(seconds=30)
        desk.act("rename", lead_id=deal, name="Анна")
        desk.carry_hooks()
        assert stages(desk, lead) == {}
        desk.clock.advance(minutes=11)
        desk.sync()
        assert stages(desk, lead) == {"qualified": MORNING}


class TestMoneyAndIds:
    def test_a_price_filled_in_later_is_learnt(self, desk: CrmDesk) -> None:
        lead, deal = linked(desk)
        desk.move(deal, "sold")
        desk.carry_hooks()
        assert desk.state(lead).price is None
        desk.clock.advance(minutes=1)
        desk.act("set_price", lead_id=deal, price=9_900_000)
        desk.carry_hooks()
        price = desk.state(lead).price
        assert price is not None
        assert (price.amount, price.currency) == (990_000_000, "RUB")

    def test_a_price_taken_back_is_learnt_too(self, desk: CrmDesk) -> None:
        lead, deal = linked(desk)
        for price in (100, 0, 100):
            desk.clock.advance(minutes=1)
            desk.act("set_price", lead_id=deal, price=price)
            desk.carry_hooks()
        amounts = [fact.values["amount"] for fact in desk.lead(lead).facts if fact.kind == "price_observed"]
        assert amounts == [10_000, 0, 10_000]

    def test_an_id_typed_into_the_crm_reaches_the_lead(self, desk: CrmDesk) -> None:
        lead = desk.submit("boris", phone=PHONE)
        desk.settle()
        deal = desk.deal(phone="89990000003")
        desk.carry_hooks()
        desk.clock.advance(minutes=20)
        desk.act("edit_field", lead_id=deal, field="YCLID", value="7325873983740247040")
        desk.carry_hooks()
        assert desk.state(lead).ids["yclid"] == "7325873983740247040"

    @pytest.mark.parametrize("value", ["1.7E+18", "1,70E+18", "1 700 000 000 123 456 789", "{client_id}", "undefined"])
    def test_what_is_no_id_is_not_taken_for_one(self, desk: CrmDesk, value: str) -> None:
        lead, deal = linked(desk)
        known = desk.state(lead).weak_ids
        desk.act("edit_field", lead_id=deal, field="_YM_UID", value=value)
        desk.carry_hooks()
        assert desk.state(lead).weak_ids == known


class TestMatching:
    def test_by_our_id_even_when_the_lead_came_much_later_or_is_on_a_deal(self, desk: CrmDesk) -> None:
        lead, deal = linked(desk)
        desk.clock.advance(days=1)
        other = desk.deal(fields={"LEADLOOP_ID": lead})
        desk.carry_hooks()
        assert desk.ref(other).leads.keys() == {lead}
        assert desk.ref(other).matched_by == "match.leadloop_id"
        assert desk.state(lead).crm_refs == [f"amocrm-lead-{deal}", f"amocrm-lead-{other}"]

    def test_by_client_id(self, desk: CrmDesk) -> None:
        lead, deal = linked(desk)
        assert desk.ref(deal).matched_by == "match.client_id"
        assert desk.state(lead).crm_ref == f"amocrm-lead-{deal}"

    def test_by_yclid(self, desk: CrmDesk) -> None:
        lead = desk.submit("anna", yclid="7325873983740247040")
        desk.settle()
        deal = desk.deal(fields={"YCLID": "7325873983740247040"})
        desk.carry_hooks()
        assert (desk.ref(deal).owner, desk.ref(deal).matched_by) == (lead, "match.yclid")

    def test_by_submission_id_in_a_configured_field(self) -> None:
        policy = sokol("hash", crm={"fields": {"submission_id": "ROISTAT"}})
        with crm_desk(policy) as desk:
            lead = desk.submit("anna", phone=PHONE)
            desk.settle()
            deal = desk.deal(fields={"ROISTAT": "form-of-anna"})
            desk.carry_hooks()
            assert (desk.ref(deal).owner, desk.ref(deal).matched_by) == (lead, "match.submission_id")

    def test_by_a_phone_written_otherwise(self, desk: CrmDesk) -> None:
        lead = desk.submit("anna", phone=PHONE)
        desk.settle()
        deal = desk.deal(contact_name="Анна", phone="8 (999) 000-00-03")
        desk.carry_hooks()
        assert (desk.ref(deal).owner, desk.ref(deal).matched_by) == (lead, "match.key")

    def test_by_e_mail(self, desk: CrmDesk) -> None:
        lead = desk.submit("anna", email="Anna@Example.org")
        desk.settle()
        deal = desk.deal(contact_name="Анна", email="anna@example.org")
        desk.carry_hooks()
        assert desk.ref(deal).owner == lead

    def test_a_phone_added_to_the_contact_later_matches_what_waits(self, desk: CrmDesk) -> None:
        lead = desk.submit("anna", phone=PHONE)
        desk.settle()
        made = desk.act("create_lead", name="Анна", contact_name="Анна")
        desk.carry_hooks()
        assert desk.ref(made["lead_id"]).owner is None
        desk.clock.advance(minutes=5)
        desk.act("edit_contact", contact_id=made["contact_id"], phone="89990000003")
        desk.carry_hooks()
        assert desk.ref(made["lead_id"]).owner == lead

    def test_a_phone_older_than_the_window_matches_nothing(self, desk: CrmDesk) -> None:
        desk.submit("anna", phone=PHONE)
        desk.settle()
        desk.clock.advance(days=90, seconds=1)
        deal = desk.deal(contact_name="Анна", phone="89990000003")
        desk.carry_hooks()
        assert desk.ref(deal).owner is None

    def test_a_phone_at_the_edge_of_the_window_matches(self, desk: CrmDesk) -> None:
        lead = desk.submit("anna", phone=PHONE)
        desk.settle()
        desk.clock.advance(days=90)
        deal = desk.deal(contact_name="Анна", phone="89990000003")
        desk.carry_hooks()
        desk.clock.advance(minutes=10)
        desk.sync()
        assert desk.ref(deal).owner == lead

    def test_of_several_leads_of_one_visitor_the_latest_free_one_before_the_deal(self, desk: CrmDesk) -> None:
        first = desk.submit("anna", client_id=ANNA, phone=PHONE)
        desk.clock.advance(days=2)
        second = desk.submit("anna again", client_id=ANNA, phone=PHONE)
        desk.settle()
        newer = site_deal(desk)
        desk.clock.advance(days=1)
        older = site_deal(desk)
        desk.carry_hooks()
        desk.clock.advance(minutes=10)
        desk.sync()
        assert desk.ref(newer).owner == second
        assert desk.ref(older).owner == first

    def test_a_lead_of_the_moment_is_taken_at_once_and_an_earlier_one_after_the_wait(self, desk: CrmDesk) -> None:
        for minutes, seconds, at_once in ((1, 0, True), (1, 1, False)):
            lead = desk.submit(f"anna {seconds}", client_id=ANNA, phone=PHONE)
            desk.settle()
            desk.clock.advance(minutes=minutes, seconds=seconds)
            deal = site_deal(desk)
            desk.carry_hooks()
            assert desk.ref(deal).owner == (lead if at_once else None)
            desk.clock.advance(minutes=9, seconds=59)
            desk.sync()
            assert desk.ref(deal).owner == (lead if at_once else None)
            desk.clock.advance(seconds=1)
            desk.sync()
            assert desk.ref(deal).owner == lead

    def test_the_lead_of_its_submission_is_taken_at_once_however_early(self) -> None:
        with crm_desk(sokol("hash", crm={"fields": {"submission_id": "ROISTAT"}})) as desk:
            lead = desk.submit("anna", phone=PHONE)
            desk.settle()
            desk.clock.advance(hours=3)
            deal = desk.deal(fields={"ROISTAT": "form-of-anna"})
            desk.carry_hooks()
            assert desk.ref(deal).owner == lead

    def test_two_forms_and_two_deals_minutes_apart_are_two_pairs_when_all_are_read_at_once(self, desk: CrmDesk) -> None:
        pairs = []
        for number in range(3):
            lead = desk.submit(f"anna {number}", client_id=ANNA, phone=PHONE)
            desk.clock.advance(seconds=2)
            pairs.append((lead, site_deal(desk)))
            desk.clock.advance(minutes=3)
        desk.settle()
        desk.forget_hooks()
        read(desk, *(deal for _, deal in reversed(pairs)))
        assert [desk.ref(deal).owner for _, deal in pairs] == [lead for lead, _ in pairs]

    def test_a_client_id_of_several_persons_identifies_nobody_without_a_contact(self, desk: CrmDesk) -> None:
        desk.submit("anna", client_id=ANNA, phone=PHONE)
        desk.submit("boris", client_id=ANNA, phone="+79990000004")
        desk.settle()
        deal = site_deal(desk)
        desk.carry_hooks()
        assert desk.ref(deal).owner is None
        told = [entry.details for entry in desk.world.log.entries if entry.event == "crm_entity_unmatched"]
        assert told[-1]["rule"] == "match.shared_weak_id"

    def test_and_with_a_contact_the_right_one(self, desk: CrmDesk) -> None:
        desk.submit("anna", client_id=ANNA, phone=PHONE)
        boris = desk.submit("boris", client_id=ANNA, phone="+79990000004")
        desk.settle()
        deal = site_deal(desk, contact_name="Борис", phone="89990000004")
        desk.carry_hooks()
        assert desk.ref(deal).owner == boris

    def test_a_lead_that_came_long_after_the_deal_is_not_its_cause(self, desk: CrmDesk) -> None:
        deal = site_deal(desk)
        desk.clock.advance(minutes=10, seconds=1)
        lead = desk.submit("anna", client_id=ANNA)
        desk.settle()
        desk.carry_hooks()
        assert desk.ref(deal).leads.keys().isdisjoint({lead})


class TestBornInTheCrm:
    def test_an_unknown_deal_waits_ten_minutes_and_is_then_a_lead_of_its_own(self, desk: CrmDesk) -> None:
        deal = site_deal(desk, pipeline_id=int(PIPELINE), status_id=int(QUALIFIED))
        desk.carry_hooks()
        assert desk.ref(deal).waits_until == timestamps.to_text(MORNING + timedelta(minutes=10))
        desk.clock.advance(minutes=9, seconds=59)
        desk.sync()
        assert desk.world.documents("lead") == []
        desk.clock.advance(seconds=1)
        desk.sync()
        lead = desk.world.the("lead").key.id
        state = desk.state(lead)
        assert (state.born_in, state.occurred_at) == ("crm", MORNING)
        assert state.ids == {"client_id": ANNA}
        assert stages(desk, lead) == {"qualified": MORNING}
        assert desk.lead(lead).ownership == {f"amocrm-lead-{deal}": True}
        assert desk.ref(deal).waits_until is None
        assert desk.world.documents("delivery") == []
        assert desk.world.totals("leads") == 1

    def test_a_lead_of_the_site_that_comes_late_takes_the_waiting_deal_at_once(self, desk: CrmDesk) -> None:
        deal = site_deal(desk)
        desk.carry_hooks()
        desk.clock.advance(minutes=3)
        lead = desk.submit("anna", client_id=ANNA)
        desk.settle()
        assert desk.ref(deal).owner == lead
        assert desk.marks() == []
        assert desk.fields_of(deal)["LEADLOOP_ID"] == lead

    def test_and_one_that_comes_later_still_takes_the_deal_over_from_the_lead_born_of_it(self, desk: CrmDesk) -> None:
        desk.clock.advance(minutes=5)
        deal = site_deal(desk)
        desk.carry_hooks()
        desk.clock.advance(minutes=11)
        desk.sync()
        born = desk.world.the("lead").key.id
        desk.clock.set(MORNING)
        lead = desk.submit("anna", client_id=ANNA)
        desk.clock.advance(minutes=20)
        desk.settle()
        desk.act("rename", lead_id=deal, name="Анна")
        desk.carry_hooks()
        assert desk.ref(deal).leads.keys() == {born, lead}
        assert desk.ref(deal).owner == lead
        assert desk.lead(born).ownership == {f"amocrm-lead-{deal}": False}

    def test_contacts_are_read_only_for_deals_that_nothing_else_matches(self, desk: CrmDesk) -> None:
        linked(desk)
        assert "/api/v4/contacts" not in [path for _, path in desk.calls()]

    def test_its_contact_keys_go_along_and_the_phone_stays_in_the_crm(self, desk: CrmDesk) -> None:
        deal = desk.deal(contact_name="Вера", phone="89990000005")
        desk.carry_hooks()
        desk.clock.advance(minutes=11)
        desk.sync()
        lead = desk.world.the("lead").key.id
        [key_id] = desk.state(lead).key_ids
        assert key_id.startswith("phone-k1-")
        everything = repr([desk.resting(), desk.world.log.entries, desk.world.memory_bus.published])
        assert "9990000005" not in everything
        assert "Вера" not in everything
        before = desk.resting()
        read(desk, deal, event_id="again")
        assert desk.resting() == before

    def test_in_the_mode_none_no_contact_is_ever_read(self, impersonal: CrmDesk) -> None:
        made = impersonal.act("create_lead", name="Вера", contact_name="Вера", phone="89990000005")
        impersonal.act("edit_contact", contact_id=made["contact_id"], phone="89990000006")
        impersonal.carry_hooks()
        impersonal.clock.advance(minutes=11)
        impersonal.sync()
        impersonal.act("delete", lead_id=made["lead_id"])
        impersonal.carry_hooks()
        assert all("contacts" not in path for _, path in impersonal.calls())
        assert len(impersonal.world.documents("lead")) == 1


class TestAnOldDeal:
    def test_a_new_lead_on_it_is_told_only_what_came_after(self, keeping: CrmDesk) -> None:
        desk = keeping
        old = desk.deal(contact_name="Анна", phone="89990000003", pipeline_id=int(PIPELINE), status_id=int(NEW))
        desk.move(old, "qualified")
        desk.forget_hooks()
        desk.clock.advance(days=40)
        desk.settings(duplicate_control=True)
        lead = desk.submit("anna", phone=PHONE, name="Анна")
        desk.settle()
        desk.carry_hooks()
        assert desk.delivery(lead).merged
        assert stages(desk, lead) == {}
        desk.clock.advance(days=1)
        desk.move(old, "sold")
        desk.carry_hooks()
        assert stages(desk, lead) == {"sold": MORNING + timedelta(days=41)}
