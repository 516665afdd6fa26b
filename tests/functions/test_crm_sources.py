"""What a deal says of its source: noticed when somebody overwrites it, put back if the policy says so, and never fought
over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from leadloop.crm.restoring import MOST_RESTORES
from leadloop.facts import Fact, FactKind
from leadloop.messages import LeadRegistered
from leadloop.policy import Policy
from support.crm_desk import ANNA, BORIS, SEED, CrmDesk, crm_desk
from support.policies import sokol

PHONE = "+7 999 000-00-03"
OLGA, MARAT = 2852001, 2852002
BUDGET, CHANNEL, CALLED, PRICE_REASON = 752911, 752912, 752913, 4203011
FORM = {"phone": PHONE, "client_id": ANNA, "utm_source": "yandex", "utm_campaign": "spring"}


def seed() -> dict[str, Any]:
    fields = [{"id": BUDGET, "name": "Бюджет"}, {"id": CHANNEL, "name": "Источник"}, {"id": CALLED, "name": "Номер"}]
    return {
        **SEED,
        "users": [{"id": OLGA, "name": "Ольга"}, {"id": MARAT, "name": "Марат"}],
        "fields": [*SEED["fields"], *fields],
        "loss_reasons": [{"id": PRICE_REASON, "name": "Дорого"}],
    }


def policy(mode: str = "keep", *, restore: bool = False) -> Policy:
    return sokol(
        mode,
        crm={"fields": {"source": str(CHANNEL), "called_number": str(CALLED)}},
        qualification={"fields": {"budget": str(BUDGET), "rooms": "752999"}},
        sources={"restore": restore, "static_pool": ["+74950000001"]},
    )


@pytest.fixture
def desk() -> Iterator[CrmDesk]:
    with crm_desk(policy(), seed()) as desk:
        yield desk


@pytest.fixture
def restoring() -> Iterator[CrmDesk]:
    with crm_desk(policy(restore=True), seed()) as desk:
        yield desk


def delivered(desk: CrmDesk, **form: str) -> tuple[str, int]:
    """A lead from the site and its deal in the CRM, read once."""
    lead = desk.submit("anna", **{**FORM, **form})
    desk.settle()
    desk.carry_hooks()
    [deal] = desk.deals_of(lead)
    return lead, deal


def type_over(desk: CrmDesk, deal: int, text: str | None, field: str = "UTM_SOURCE", by: int = MARAT) -> None:
    """A manager types another text into a field, ten minutes later, and the hook comes."""
    desk.clock.advance(minutes=10)
    desk.act("edit_field", lead_id=deal, field=field, value=text, by=by)
    desk.carry_hooks()


def told(desk: CrmDesk, lead: str, kind: FactKind) -> list[Fact]:
    return [fact for fact in desk.lead(lead).facts if fact.kind is kind]


def overwritings(desk: CrmDesk, lead: str) -> list[tuple[str, str, str, str]]:
    return [(one.field, one.old, one.new, one.by) for one in desk.state(lead).overwritings]


def event_calls(desk: CrmDesk) -> list[str]:
    """What the feed of events was asked for, after the path."""
    targets = [entry.target for entry in desk.amocrm.journal.entries if "/events?" in entry.target]
    return [target.partition("?")[2] for target in targets]


class TestAReadingShows:
    def test_who_works_on_a_deal_and_which_fields_are_filled_but_not_what_they_hold(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        desk.act("set_responsible", lead_id=deal, user_id=MARAT)
        desk.act("edit_field", lead_id=deal, field=str(BUDGET), value="12 млн")
        desk.carry_hooks()
        view = desk.state(lead).deals[f"amocrm-lead-{deal}"]
        assert (view.responsible, view.filled, view.loss_reason) == (str(MARAT), frozenset({"budget"}), None)
        assert "12 млн" not in repr(desk.resting())

    def test_why_a_deal_was_lost_and_that_it_is_lost_no_more(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        ref = f"amocrm-lead-{deal}"
        desk.act("move", lead_id=deal, pipeline_id=7001, status_id=143, loss_reason_id=PRICE_REASON)
        desk.carry_hooks()
        assert desk.state(lead).deals[ref].loss_reason == str(PRICE_REASON)
        desk.clock.advance(hours=1)
        desk.move(deal, "meeting")
        desk.carry_hooks()
        assert desk.state(lead).deals[ref].loss_reason is None

    def test_what_its_source_fields_hold_and_who_made_it(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        desk.act("edit_field", lead_id=deal, field=str(CHANNEL), value="Авито")
        desk.carry_hooks()
        shown = desk.state(lead).deals[f"amocrm-lead-{deal}"].source
        assert shown == {
            "client_id": ANNA,
            "created_by": "0",
            "source": "Авито",
            "utm_campaign": "spring",
            "utm_source": "yandex",
        }
        typed_in = desk.deal(fields={str(CHANNEL): "Агент"})
        desk.clock.advance(minutes=11)
        desk.sync()
        desk.clock.advance(minutes=11)
        desk.sync()
        [born] = [one.key.id for one in desk.world.documents("lead") if one.key.id != lead]
        shown = desk.state(born).deals[f"amocrm-lead-{typed_in}"].source
        assert shown == {"created_by": str(OLGA), "source": "Агент"}

    def test_no_contact_that_somebody_typed_into_a_source_field(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        desk.act("edit_field", lead_id=deal, field=str(CHANNEL), value="Анна +7 999 000-00-03")
        desk.act("edit_field", lead_id=deal, field=str(CALLED), value="8 (999) 000-00-04")
        desk.carry_hooks()
        shown = desk.state(lead).deals[f"amocrm-lead-{deal}"].source
        assert ("source" in shown, shown["called_number"]) == (False, "unlisted")
        assert "000-00-0" not in repr(desk.resting())
        assert "79990000004" not in repr(desk.resting())

    def test_the_number_that_was_called_if_it_is_one_of_ours(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        desk.act("edit_field", lead_id=deal, field=str(CALLED), value="8 (495) 000-00-01")
        desk.carry_hooks()
        assert desk.state(lead).deals[f"amocrm-lead-{deal}"].source["called_number"] == "+74950000001"

    def test_nothing_anew_when_nothing_changed(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        before = desk.resting()
        for text in ("Сделка Анны", "Сделка Анны Ивановны"):
            desk.clock.advance(minutes=1)
            desk.act("rename", lead_id=deal, name=text)
            desk.carry_hooks()
        after = desk.resting()
        assert after[f"lead/{lead}"] == before[f"lead/{lead}"]
        assert len(told(desk, lead, FactKind.DEAL_OBSERVED)) == 1

    def test_what_changed_twice_within_a_second_of_the_crms_clock(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        for user in (MARAT, OLGA, MARAT):
            desk.act("set_responsible", lead_id=deal, user_id=user)
            desk.carry_hooks()
            assert desk.state(lead).deals[f"amocrm-lead-{deal}"].responsible == str(user)


class TestCalls:
    def test_a_reading_of_many_deals_asks_for_no_changes_of_fields_unless_a_source_differs(self, desk: CrmDesk) -> None:
        for number in range(25):
            lead = desk.submit(f"visitor-{number}", phone=f"+7999000{number:04}", utm_source="yandex")
            desk.settle()
        desk.forget_hooks()
        [last] = desk.deals_of(lead)
        desk.clock.advance(minutes=15)
        before = len(desk.calls())
        desk.sync()
        calls = [path for _, path in desk.calls()[before:]]
        assert {path: calls.count(path) for path in calls} == {"/api/v4/leads": 2, "/api/v4/events": 4}
        assert not any("custom_field" in query for query in event_calls(desk))
        desk.clock.advance(minutes=15)
        desk.act("edit_field", lead_id=last, field="UTM_SOURCE", value="avito")
        before = len(desk.calls())
        desk.sync()
        calls = [path for _, path in desk.calls()[before:]]
        assert {path: calls.count(path) for path in calls} == {"/api/v4/leads": 2, "/api/v4/events": 3}
        [asked] = [query for query in event_calls(desk) if "custom_field" in query]
        assert asked.count("entity_id") == 1


class TestOverwriting:
    def test_is_told_with_who_when_and_what_stood_there(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        type_over(desk, deal, "avito")
        [overwritten] = desk.state(lead).overwritings
        assert overwritten == (desk.clock.now(), f"amocrm-lead-{deal}", "utm_source", "yandex", "avito", str(MARAT))
        assert desk.state(lead).deals[f"amocrm-lead-{deal}"].source["utm_source"] == "avito"

    def test_of_a_source_that_only_the_crm_knows(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        type_over(desk, deal, "Авито", str(CHANNEL), OLGA)
        assert overwritings(desk, lead) == []
        type_over(desk, deal, "Яндекс", str(CHANNEL))
        assert overwritings(desk, lead) == [("source", "Авито", "Яндекс", str(MARAT))]

    def test_of_the_clientid(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        type_over(desk, deal, BORIS, "_YM_UID")
        assert overwritings(desk, lead) == [("client_id", ANNA, BORIS, str(MARAT))]

    def test_every_one_of_several_since_the_last_reading(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        desk.act("edit_field", lead_id=deal, field="UTM_SOURCE", value="avito", by=OLGA)
        desk.clock.advance(minutes=1)
        type_over(desk, deal, "cian")
        assert overwritings(desk, lead) == [
            ("utm_source", "yandex", "avito", str(OLGA)),
            ("utm_source", "avito", "cian", str(MARAT)),
        ]

    def test_is_told_once_however_often_the_deal_is_read(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        type_over(desk, deal, "avito")
        before, asked = desk.lead(lead).facts, len(event_calls(desk))
        for _ in range(3):
            desk.clock.advance(minutes=16)
            desk.act("rename", lead_id=deal, name=str(desk.clock.now()))
            desk.sync()
        assert desk.lead(lead).facts == before
        assert not any("custom_field" in query for query in event_calls(desk)[asked:])

    def test_waits_for_the_feed_of_events(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        desk.settings(events_lag_seconds=120)
        type_over(desk, deal, "avito")
        edited_at = desk.clock.now()
        assert overwritings(desk, lead) == []
        assert desk.state(lead).deals[f"amocrm-lead-{deal}"].source["utm_source"] == "yandex"
        desk.clock.advance(minutes=3)
        desk.sync()
        [overwritten] = desk.state(lead).overwritings
        assert (overwritten.at, overwritten.by) == (edited_at, str(MARAT))
        assert desk.marks() == []

    def test_that_the_feed_never_shows_is_told_as_nobodys(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        desk.settings(events_lag_seconds=1_000_000)
        type_over(desk, deal, "avito")
        desk.clock.advance(minutes=11)
        desk.sync()
        assert overwritings(desk, lead) == [("utm_source", "yandex", "avito", "")]
        desk.settings(events_lag_seconds=0)
        type_over(desk, deal, "cian")
        assert overwritings(desk, lead) == [
            ("utm_source", "yandex", "avito", ""),
            ("utm_source", "avito", "cian", str(MARAT)),
        ]

    def test_is_told_as_nobodys_by_an_account_that_refuses_to_say_more_and_stages_are_read_all_the_same(
        self, desk: CrmDesk
    ) -> None:
        lead, deal = delivered(desk)
        desk.break_next("status", path="custom_field_", status=400, times=None)
        desk.act("edit_field", lead_id=deal, field="UTM_SOURCE", value="avito", by=MARAT)
        desk.clock.advance(minutes=1)
        desk.move(deal, "qualified")
        desk.carry_hooks()
        assert "qualified" in desk.state(lead).stages
        desk.clock.advance(minutes=12)
        desk.sync()
        assert overwritings(desk, lead) == [("utm_source", "yandex", "avito", "")]

    def test_is_none_when_a_manager_puts_it_back(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        type_over(desk, deal, "avito")
        type_over(desk, deal, "yandex", by=OLGA)
        assert len(overwritings(desk, lead)) == 1
        assert desk.state(lead).deals[f"amocrm-lead-{deal}"].source["utm_source"] == "yandex"

    def test_is_none_when_an_empty_field_is_filled(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        type_over(desk, deal, "cpc", "UTM_MEDIUM")
        assert overwritings(desk, lead) == []

    def test_is_none_when_leadloop_fills_what_the_sites_integration_left_empty(self) -> None:
        with crm_desk(policy("hash"), seed()) as desk:
            lead = desk.submit("anna", **FORM)
            desk.settle()
            deal = desk.deal(fields={"_YM_UID": ANNA, "UTM_SOURCE": "Yandex.Direct"})
            desk.carry_hooks()
            desk.carry_hooks()
            desk.sync()
            assert desk.fields_of(deal)["UTM_CAMPAIGN"] == "spring"
            assert overwritings(desk, lead) == []
            type_over(desk, deal, "avito")
            assert overwritings(desk, lead) == [("utm_source", "Yandex.Direct", "avito", str(MARAT))]

    def test_by_another_contact_holds_no_contact(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        type_over(desk, deal, "Анна 8 999 000-00-03")
        assert overwritings(desk, lead) == [("utm_source", "yandex", "", str(MARAT))]
        assert "000-00-03" not in repr(desk.resting())


class TestEmptying:
    def test_is_an_overwriting_and_what_is_typed_then_another(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        type_over(desk, deal, None)
        state, at = desk.state(lead), desk.clock.now()
        assert overwritings(desk, lead) == [("utm_source", "yandex", "", str(MARAT))]
        told = state.source_in_crm
        assert (told.rule, told.field, told.by, told.at) == ("none.overwritten", "utm_source", str(MARAT), at)
        desk.clock.advance(minutes=15)
        desk.sync()
        type_over(desk, deal, "google", by=OLGA)
        assert overwritings(desk, lead)[1:] == [("utm_source", "yandex", "google", str(OLGA))]
        told = desk.state(lead).source_in_crm
        assert (told.rule, told.by, told.old, told.new) == ("none.overwritten", str(OLGA), "yandex", "google")

    @pytest.mark.parametrize("lists_empty", [True, False])
    def test_and_typing_anew_between_two_readings_are_told_with_who_and_when(
        self, desk: CrmDesk, lists_empty: bool
    ) -> None:
        desk.settings(empty_tracking_fields=lists_empty)
        lead, deal = delivered(desk)
        desk.clock.advance(minutes=10)
        desk.act("edit_field", lead_id=deal, field="UTM_SOURCE", value=None, by=OLGA)
        type_over(desk, deal, "google")
        assert overwritings(desk, lead) == [
            ("utm_source", "yandex", "", str(OLGA)),
            ("utm_source", "yandex", "google", str(MARAT)),
        ]

    def test_is_told_with_who_also_where_empty_fields_are_not_listed(self, desk: CrmDesk) -> None:
        desk.settings(empty_tracking_fields=False)
        lead, deal = delivered(desk)
        type_over(desk, deal, None)
        assert overwritings(desk, lead) == [("utm_source", "yandex", "", str(MARAT))]

    def test_after_an_overwriting_is_what_the_cause_tells(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        type_over(desk, deal, "google")
        type_over(desk, deal, None, by=OLGA)
        told = desk.state(lead).source_in_crm
        assert (told.rule, told.by, told.old, told.new) == ("none.overwritten", str(OLGA), "google", "")
        type_over(desk, deal, "google", by=OLGA)
        told = desk.state(lead).source_in_crm
        assert (told.rule, told.by, told.old, told.new) == ("none.overwritten", str(MARAT), "yandex", "google")

    def test_of_a_source_that_only_the_crm_knows_leaves_the_lead_its_source(self, desk: CrmDesk) -> None:
        deal = desk.deal(fields={str(CHANNEL): "Агент"})
        for _ in range(2):
            desk.clock.advance(minutes=11)
            desk.sync()
        lead = desk.ref(deal).owner or ""
        source = desk.state(lead).source
        type_over(desk, deal, None, str(CHANNEL))
        assert (desk.state(lead).source.label, desk.state(lead).source_in_crm.rule) == (
            source.label,
            "none.overwritten",
        )

    def test_is_left_when_the_policy_does_not_ask_for_more_whatever_else_is_written(self, desk: CrmDesk) -> None:
        _, deal = delivered(desk)
        type_over(desk, deal, None)
        desk.submit("anna", **{**FORM, "yclid": "7325873983740247040"})
        desk.settle()
        shown = desk.fields_of(deal)
        assert (shown.get("UTM_SOURCE"), shown["YCLID"]) == (None, "7325873983740247040")

    def test_is_put_back(self, restoring: CrmDesk) -> None:
        lead, deal = delivered(restoring)
        type_over(restoring, deal, None)
        assert restoring.fields_of(deal)["UTM_SOURCE"] == "yandex"
        assert restoring.delivery(lead).restores == 1
        assert restoring.state(lead).source_in_crm.rule == "in_crm.same"
        restoring.carry_hooks()
        type_over(restoring, deal, "google")
        assert restoring.fields_of(deal)["UTM_SOURCE"] == "yandex"
        restoring.carry_hooks()
        assert overwritings(restoring, lead) == [
            ("utm_source", "yandex", "", str(MARAT)),
            ("utm_source", "yandex", "google", str(MARAT)),
        ]

    def test_again_and_again_is_left_alone_in_the_end(self, restoring: CrmDesk) -> None:
        _, deal = delivered(restoring)
        for number in range(1, MOST_RESTORES + 3):
            type_over(restoring, deal, None)
            restoring.carry_hooks()
            shown = "yandex" if number <= MOST_RESTORES else None
            assert restoring.fields_of(deal).get("UTM_SOURCE") == shown, number
            restoring.clock.advance(minutes=15)
            restoring.sync()
        told_off = [one for one in restoring.world.log.entries if one.event == "crm_source_not_restored"]
        assert len(told_off) == 1


class TestRestoring:
    def test_what_stood_there_first_is_put_back(self, restoring: CrmDesk) -> None:
        lead, deal = delivered(restoring)
        type_over(restoring, deal, "avito")
        assert restoring.fields_of(deal)["UTM_SOURCE"] == "yandex"
        assert overwritings(restoring, lead) == [("utm_source", "yandex", "avito", str(MARAT))]
        assert restoring.state(lead).deals[f"amocrm-lead-{deal}"].source["utm_source"] == "yandex"
        [entry] = [one for one in restoring.world.log.entries if one.event == "crm_source_restored"]
        assert (entry.details["lead_id"], entry.details["fields"]) == (lead, "utm_source")

    def test_our_own_write_comes_back_as_a_hook_and_nothing_more_happens(self, restoring: CrmDesk) -> None:
        lead, deal = delivered(restoring)
        type_over(restoring, deal, "avito")
        facts, writes = restoring.lead(lead).facts, restoring.calls().count(("PATCH", f"/api/v4/leads/{deal}"))
        for _ in range(3):
            restoring.carry_hooks()
            restoring.clock.advance(minutes=15)
            restoring.sync()
        assert restoring.lead(lead).facts == facts
        assert restoring.calls().count(("PATCH", f"/api/v4/leads/{deal}")) == writes

    def test_of_a_source_that_only_the_crm_knows(self, restoring: CrmDesk) -> None:
        lead, deal = delivered(restoring)
        type_over(restoring, deal, "Авито", str(CHANNEL), OLGA)
        type_over(restoring, deal, "Яндекс", str(CHANNEL))
        assert restoring.fields_of(deal)[str(CHANNEL)] == "Авито"
        assert overwritings(restoring, lead) == [("source", "Авито", "Яндекс", str(MARAT))]

    def test_who_insists_is_left_alone(self, restoring: CrmDesk) -> None:
        lead, deal = delivered(restoring)
        for number in range(1, MOST_RESTORES + 3):
            type_over(restoring, deal, "avito")
            restoring.carry_hooks()
            shown = "yandex" if number <= MOST_RESTORES else "avito"
            assert restoring.fields_of(deal)["UTM_SOURCE"] == shown, number
        for number in range(2):
            restoring.world.push("deliver-lead", LeadRegistered(event_id=f"again-{number}", lead_id=lead))
        told_off = [one for one in restoring.world.log.entries if one.event == "crm_source_not_restored"]
        assert len(told_off) == 1
        assert len(overwritings(restoring, lead)) == MOST_RESTORES + 1

    def test_waits_while_the_crm_is_down(self, restoring: CrmDesk) -> None:
        lead, deal = delivered(restoring)
        restoring.break_next("status", method="PATCH", path=f"/api/v4/leads/{deal}", status=429, times=5)
        type_over(restoring, deal, "avito")
        assert restoring.fields_of(deal)["UTM_SOURCE"] == "avito"
        restoring.amocrm.faults.clear()
        restoring.clock.advance(hours=1)
        restoring.sync()
        assert restoring.fields_of(deal)["UTM_SOURCE"] == "yandex"
        assert restoring.delivery(lead).restores == 1

    def test_is_not_done_twice_by_a_message_delivered_twice(self, restoring: CrmDesk) -> None:
        lead, deal = delivered(restoring)
        type_over(restoring, deal, "avito")
        before = restoring.resting()
        for number in range(2):
            answer = restoring.world.push("deliver-lead", LeadRegistered(event_id=f"again-{number}", lead_id=lead))
            assert answer.status_code == 204
        assert restoring.resting() == before

    def test_is_left_when_the_policy_does_not_ask_for_it(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        type_over(desk, deal, "avito")
        desk.world.push("deliver-lead", LeadRegistered(event_id="again", lead_id=lead))
        assert desk.fields_of(deal)["UTM_SOURCE"] == "avito"
