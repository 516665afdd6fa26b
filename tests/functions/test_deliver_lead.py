"""deliver-lead: one CRM lead for one of ours, whatever becomes of answers, and ids on the deals that others create."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from leadloop import timestamps
from leadloop.leads.delivery import DeliveryState
from leadloop.messages import CrmEntityTouched, LeadRegistered
from support.crm_desk import ANNA, BORIS, SEED, CrmDesk, crm_desk
from support.policies import SEAL_PRIVATE_KEY, sokol
from support.settable_clock import MORNING

PHONE = "+7 999 000-00-03"
COMPLEX = "/api/v4/leads/complex"
FORM = {"phone": PHONE, "name": "Анна", "email": "anna@example.org", "client_id": ANNA}


@pytest.fixture
def desk() -> Iterator[CrmDesk]:
    with crm_desk(sokol("keep")) as desk:
        yield desk


@pytest.fixture
def hashing() -> Iterator[CrmDesk]:
    with crm_desk(sokol("hash")) as desk:
        yield desk


def again(desk: CrmDesk, lead: str, event_id: str = "again") -> None:
    assert desk.world.push("deliver-lead", LeadRegistered(event_id=event_id, lead_id=lead)).status_code == 204


def posts(desk: CrmDesk) -> int:
    return desk.calls().count(("POST", COMPLEX))


def arrived(desk: CrmDesk, **form: str) -> str:
    lead = desk.submit("anna", **{**FORM, **form})
    desk.settle()
    return lead


class TestKeepCreatesTheLead:
    def test_with_its_contact_ids_source_and_tags(self, desk: CrmDesk) -> None:
        lead = arrived(desk, yclid="7325873983740247040", utm_source="yandex", utm_campaign="spring")
        [deal] = desk.deals_of(lead)
        assert desk.fields_of(deal) == {
            "LEADLOOP_ID": lead,
            "_YM_UID": ANNA,
            "YCLID": "7325873983740247040",
            "UTM_SOURCE": "yandex",
            "UTM_CAMPAIGN": "spring",
        }
        held = next(one for one in desk.ledger()["leads"] if one["id"] == deal)
        assert (held["name"], held["tags"]) == ("Заявка с сайта", ["leadloop"])
        [contact] = desk.ledger()["contacts"]
        assert contact["name"] == "Анна"
        assert contact["fields"] == {"PHONE": "+79990000003", "EMAIL": "anna@example.org"}

    def test_and_rests_as_delivered_on_a_deal_of_its_own(self, desk: CrmDesk) -> None:
        lead = arrived(desk)
        [deal] = desk.deals_of(lead)
        delivery = desk.delivery(lead)
        assert (delivery.state, delivery.external_id, delivery.next_try_at) == ("delivered", str(deal), None)
        assert desk.ref(deal).owner == lead
        assert desk.state(lead).crm_ref == f"amocrm-lead-{deal}"
        assert desk.lead(lead).ownership == {f"amocrm-lead-{deal}": True}

    def test_any_number_of_messages_create_it_once(self, desk: CrmDesk) -> None:
        lead = arrived(desk)
        for number in range(3):
            again(desk, lead, f"again-{number}")
        desk.carry_hooks()
        desk.sync()
        assert posts(desk) == 1

    def test_a_lead_without_a_contact_is_created_too(self, desk: CrmDesk) -> None:
        lead = desk.submit("nobody", client_id=ANNA)
        desk.settle()
        assert len(desk.deals_of(lead)) == 1
        assert desk.ledger()["contacts"] == []

    def test_a_contact_without_a_name_is_created_too(self, desk: CrmDesk) -> None:
        lead = desk.submit("anna", phone=PHONE)
        desk.settle()
        assert len(desk.deals_of(lead)) == 1
        assert desk.ledger()["contacts"][0]["fields"] == {"PHONE": "+79990000003"}

    def test_who_left_only_a_messenger_is_named_by_it(self, desk: CrmDesk) -> None:
        for said in ({"telegram": "@anna_p"}, {"telegram": "@boris", "phone": PHONE}):
            desk.submit("anna", name="Анна", **said)
        desk.settle()
        assert sorted(contact["name"] for contact in desk.ledger()["contacts"]) == ["Анна", "Анна @anna_p"]

    def test_nothing_of_the_contact_is_logged_or_left_in_clear(self, desk: CrmDesk) -> None:
        desk.break_next("status", path=COMPLEX, status=400)
        arrived(desk)
        desk.break_next("accept_then_drop", path=COMPLEX)
        desk.submit("vera", phone="+79990000005", name="Вера")
        desk.settle()
        everything = repr([desk.resting(), desk.world.log.entries, desk.world.memory_bus.published])
        for told in ("9990000003", "9990000005", "Анна", "Вера", "anna@example.org", "token-of-olga"):
            assert told not in everything

    def test_ids_learnt_later_are_written_too(self, desk: CrmDesk) -> None:
        lead = arrived(desk, client_id="")
        [deal] = desk.deals_of(lead)
        assert "_YM_UID" not in desk.fields_of(deal)
        desk.clock.advance(hours=2)
        assert arrived(desk) == lead
        assert desk.fields_of(deal)["_YM_UID"] == ANNA
        assert posts(desk) == 1

    def test_a_lead_found_in_the_crm_before_it_could_be_created_is_not_created(self, desk: CrmDesk) -> None:
        desk.break_next("status", path=COMPLEX, status=429)
        lead = arrived(desk)
        deal = desk.deal(contact_name="Анна", phone="89990000003")
        desk.carry_hooks()
        desk.clock.advance(hours=1)
        desk.sync()
        assert desk.deals_of(lead) == []
        assert desk.delivery(lead).external_id == str(deal)
        assert desk.fields_of(deal)["LEADLOOP_ID"] == lead

    def test_a_lead_born_in_the_crm_is_not_created_again(self, desk: CrmDesk) -> None:
        desk.deal(contact_name="Вера", phone="89990000005")
        desk.carry_hooks()
        desk.clock.advance(minutes=11)
        desk.sync()
        again(desk, desk.world.the("lead").key.id)
        assert posts(desk) == 0

    def test_a_message_about_a_lead_that_does_not_exist_is_acknowledged(self, desk: CrmDesk) -> None:
        again(desk, "nobody")
        assert desk.calls() == []


class TestDuplicateControl:
    @pytest.mark.parametrize("winning", ["existing", "incoming"])
    def test_a_merged_lead_joins_the_deal_there_was(self, desk: CrmDesk, winning: str) -> None:
        desk.settings(duplicate_control=True, duplicate_fields_win=winning)
        first = arrived(desk)
        desk.carry_hooks()
        desk.clock.advance(days=3)
        second = desk.submit("anna again", **{**FORM, "client_id": BORIS})
        desk.settle()
        desk.carry_hooks()
        [deal] = desk.ledger()["leads"]
        ref = desk.ref(deal["id"])
        assert ref.leads.keys() == {first, second}
        assert ref.owner == first
        assert desk.lead(second).ownership == {ref.id: False}
        assert desk.delivery(second).merged
        assert desk.delivery(second).next_try_at is None

    def test_a_merge_whose_answer_was_lost_is_found_by_its_change(self, desk: CrmDesk) -> None:
        desk.settings(duplicate_control=True, duplicate_fields_win="incoming")
        old = desk.deal(contact_name="Анна", phone="89990000003")
        desk.clock.advance(days=3)
        desk.break_next("accept_then_drop", path=COMPLEX)
        lead = arrived(desk)
        desk.forget_hooks()
        desk.clock.advance(minutes=16)
        desk.sync()
        assert desk.delivery(lead).external_id == str(old)
        assert posts(desk) == 1


class TestAMergeBeforeTheFirstReading:
    """Crash enumeration found it: a death between creating a deal and reading it leaves managers time to join it."""

    @pytest.mark.parametrize("is_answered", [True, False])
    def test_a_deal_joined_before_it_was_ever_read_is_followed_to_its_survivor(
        self, desk: CrmDesk, is_answered: bool
    ) -> None:
        kept = desk.deal(contact_name="Борис", phone="89990000007")
        if not is_answered:
            desk.break_next("accept_then_drop", path=COMPLEX)
        lead = arrived(desk)
        [deal] = desk.deals_of(lead)
        if not is_answered:
            desk.clock.advance(minutes=16)
            again(desk, lead)
        desk.clock.advance(minutes=1)
        desk.act("merge", winner=kept, loser=deal)
        desk.clock.advance(minutes=1)
        desk.move(kept, "sold")
        desk.carry_hooks()
        assert desk.ref(deal).gone == "merged"
        assert desk.state(lead).stage == "sold"


class TestALostAnswer:
    @pytest.mark.parametrize("fault", ["accept_then_drop", "accept_then_status", "truncate"])
    @pytest.mark.parametrize("filters", ["honoured", "ignored", "refused"])
    def test_a_lead_that_was_created_is_adopted(self, desk: CrmDesk, fault: str, filters: str) -> None:
        desk.break_next(fault, path=COMPLEX)
        lead = arrived(desk)
        desk.forget_hooks()
        desk.settings(filters=filters, custom_field_filters=filters)
        assert desk.delivery(lead).state == "unknown"
        desk.clock.advance(minutes=14, seconds=59)
        again(desk, lead)
        assert desk.delivery(lead).state == "unknown"
        desk.clock.advance(seconds=1)
        again(desk, lead, "due")
        [deal] = desk.deals_of(lead)
        assert desk.delivery(lead).external_id == str(deal)
        assert desk.ref(deal).owner == lead
        assert posts(desk) == 1

    def test_a_lead_that_was_not_created_is_created_after_a_complete_listing(self, desk: CrmDesk) -> None:
        desk.break_next("status", path=COMPLEX, status=500)
        lead = arrived(desk)
        assert (posts(desk), desk.deals_of(lead)) == (1, [])
        desk.clock.advance(minutes=15)
        desk.sync()
        assert posts(desk) == 2
        assert len(desk.deals_of(lead)) == 1
        assert desk.delivery(lead).state == "delivered"

    def test_the_reader_may_find_it_first_and_then_nothing_is_looked_for(self, desk: CrmDesk) -> None:
        desk.break_next("accept_then_drop", path=COMPLEX)
        lead = arrived(desk)
        desk.carry_hooks()
        [deal] = desk.deals_of(lead)
        assert desk.delivery(lead).external_id == str(deal)
        assert desk.ref(deal).matched_by == "match.leadloop_id"
        desk.clock.advance(hours=1)
        desk.sync()
        assert posts(desk) == 1

    def test_other_deals_of_the_same_person_are_not_taken_for_it(self, desk: CrmDesk) -> None:
        desk.break_next("accept_then_drop", path=COMPLEX)
        lead = arrived(desk)
        desk.forget_hooks()
        stranger = desk.deal(contact_name="Анна", phone="89990000003", fields={"_YM_UID": ANNA})
        desk.carry_hooks()
        assert desk.ref(stranger).owner is None
        desk.clock.advance(minutes=15)
        desk.sync()
        [deal] = desk.deals_of(lead)
        assert desk.ref(deal).owner == lead

    def test_while_the_crm_cannot_be_asked_nothing_is_created(self, desk: CrmDesk) -> None:
        desk.break_next("accept_then_drop", path=COMPLEX)
        lead = arrived(desk)
        desk.forget_hooks()
        desk.break_next("status", times=None, method="GET")
        for _ in range(30):
            desk.clock.advance(minutes=30)
            desk.sync()
        assert (desk.delivery(lead).state, posts(desk)) == ("unknown", 1)
        desk.amocrm.faults.clear()
        desk.clock.advance(minutes=15)
        desk.sync()
        assert (desk.delivery(lead).state, posts(desk)) == ("delivered", 1)

    def test_after_a_day_a_person_is_told_once_and_it_still_heals_by_itself(self, desk: CrmDesk) -> None:
        desk.break_next("accept_then_drop", path=COMPLEX)
        lead = arrived(desk)
        desk.forget_hooks()
        desk.break_next("status", times=None, method="GET")
        for _ in range(30):
            desk.clock.advance(hours=1)
            desk.sync()
        delivery = desk.delivery(lead)
        assert (delivery.state, delivery.rule, posts(desk)) == ("held", "delivery_unknown", 1)
        [entry] = [entry for entry in desk.world.log.entries if entry.event == "delivery_held"]
        assert entry.details["what_to_do"]
        desk.amocrm.faults.clear()
        desk.clock.advance(minutes=15)
        desk.sync()
        assert len(desk.deals_of(lead)) == 1
        assert (desk.delivery(lead).state, posts(desk)) == ("delivered", 1)


class TestACrmThatDoesNothing:
    @pytest.mark.parametrize("status", [401, 402, 403, 429])
    def test_the_lead_waits_and_is_created_when_the_account_is_right_again(self, desk: CrmDesk, status: int) -> None:
        desk.break_next("status", path=COMPLEX, status=status)
        lead = arrived(desk)
        delivery = desk.delivery(lead)
        assert (delivery.state, delivery.uncertain) == ("pending", False)
        assert delivery.next_try_at == timestamps.to_text(MORNING + timedelta(minutes=1))
        desk.clock.advance(minutes=1)
        desk.sync()
        assert len(desk.deals_of(lead)) == 1

    def test_retry_after_is_kept_to(self, desk: CrmDesk) -> None:
        desk.break_next("status", path=COMPLEX, status=429, retry_after=600)
        lead = arrived(desk)
        assert desk.delivery(lead).next_try_at == timestamps.to_text(MORNING + timedelta(minutes=10))
        desk.clock.advance(minutes=9)
        desk.sync()
        again(desk, lead)
        assert posts(desk) == 1

    def test_attempts_are_further_and_further_apart(self, desk: CrmDesk) -> None:
        desk.break_next("status", path=COMPLEX, status=429, times=None)
        lead = arrived(desk)
        waits = []
        for _ in range(9):
            due = timestamps.from_text(desk.delivery(lead).next_try_at or "")
            waits.append(due - desk.clock.now())
            desk.clock.set(due)
            again(desk, lead, f"at-{due}")
        minutes = [wait.total_seconds() / 60 for wait in waits]
        assert minutes == [1, 2, 4, 8, 16, 32, 60, 60, 60]

    def test_a_day_of_no_connection_loses_and_doubles_nothing(self, desk: CrmDesk) -> None:
        desk.break_next("drop_before", times=None)
        leads = [desk.submit(f"person {number}", phone=f"+7999100{number:04}") for number in range(5)]
        desk.settle()
        for _ in range(24):
            desk.clock.advance(hours=1)
            desk.sync()
        desk.amocrm.faults.clear()
        for _ in range(3):
            desk.clock.advance(hours=1)
            desk.sync()
        assert [len(desk.deals_of(lead)) for lead in leads] == [1] * 5
        assert desk.ledger()["doubled_field_values"].get("LEADLOOP_ID", {}) == {}

    def test_a_token_that_is_missing_is_named_and_nothing_is_lost(self, desk: CrmDesk) -> None:
        environment = dict(desk.world.runtime.environment)
        token = environment.pop("LEADLOOP_AMOCRM_TOKEN")
        desk.world.runtime.environment = environment
        lead = arrived(desk)
        assert desk.delivery(lead).state == "pending"
        assert "LEADLOOP_AMOCRM_TOKEN" in (desk.delivery(lead).reason or "")
        assert token not in repr(desk.world.log.entries)


class TestRefusals:
    def test_a_lead_the_crm_refuses_is_held_with_the_reason_and_goes_when_the_policy_is_right(self) -> None:
        with crm_desk(sokol("keep", crm={"new_lead": {"pipeline": "7999", "status": "1"}})) as desk:
            lead = arrived(desk)
            delivery = desk.delivery(lead)
            assert (delivery.state, delivery.rule) == ("held", "delivery.refused")
            assert "NotSupportedChoice" in (delivery.reason or "")
            [entry] = [entry for entry in desk.world.log.entries if entry.severity == "ERROR"]
            assert entry.details["what_to_do"]
            desk.clock.advance(hours=5)
            desk.sync()
            assert posts(desk) == 1
            desk.world.runtime.policy = sokol("keep")
            desk.clock.advance(hours=1, seconds=1)
            desk.sync()
            assert desk.delivery(lead).state == "delivered"
            assert len(desk.deals_of(lead)) == 1

    def test_an_old_account_without_some_tracking_fields_gets_the_lead_without_them(self) -> None:
        codes = [{"code": code} for code in ("YCLID", "UTM_SOURCE")]
        with crm_desk(sokol("keep"), {**SEED, "tracking_fields": codes}) as desk:
            lead = arrived(desk, yclid="7325873983740247040", utm_source="yandex", utm_campaign="spring")
            [deal] = desk.deals_of(lead)
            assert desk.fields_of(deal) == {
                "LEADLOOP_ID": lead,
                "YCLID": "7325873983740247040",
                "UTM_SOURCE": "yandex",
            }
            [entry] = [entry for entry in desk.world.log.entries if entry.event == "crm_fields_missing"]
            assert entry.details["fields"] == "client_id, utm_campaign"
            assert desk.delivery(lead).state == "delivered"

    def test_a_numeric_id_in_the_policy_is_used_as_one(self) -> None:
        fields = [*SEED["fields"], {"id": 600001, "name": "ClientID"}]
        policy = sokol("keep", crm={"fields": {"client_id": "600001", "leadloop_id": "752901"}})
        with crm_desk(policy, {**SEED, "fields": fields}) as desk:
            lead = arrived(desk)
            [deal] = desk.deals_of(lead)
            assert desk.fields_of(deal) == {"LEADLOOP_ID": lead, "600001": ANNA}
            desk.carry_hooks()
            assert desk.ref(deal).owner == lead

    def test_without_our_own_field_nothing_is_created_until_it_is_there(self) -> None:
        with crm_desk(sokol("keep"), {**SEED, "fields": []}) as desk:
            lead = arrived(desk)
            delivery = desk.delivery(lead)
            assert (delivery.state, delivery.rule) == ("held", "delivery.field_missing")
            assert "leadloop init --crm" in (delivery.reason or "")
            assert desk.ledger()["leads"] == []
            desk.amocrm.plant("fields", SEED["fields"])
            desk.clock.advance(hours=1)
            desk.sync()
            assert len(desk.deals_of(lead)) == 1

    def test_a_contact_that_cannot_be_opened_waits_for_the_right_key(self, desk: CrmDesk) -> None:
        environment = dict(desk.world.runtime.environment)
        wrong = "VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVU="
        vars(desk.world.runtime).pop("secrets", None)
        desk.world.runtime.environment = {**environment, "LEADLOOP_SEAL_PRIVATE_KEY": wrong}
        lead = arrived(desk)
        assert (desk.delivery(lead).rule, posts(desk)) == ("delivery.contact_unreadable", 0)
        vars(desk.world.runtime).pop("secrets", None)
        desk.world.runtime.environment = {**environment, "LEADLOOP_SEAL_PRIVATE_KEY": SEAL_PRIVATE_KEY}
        desk.clock.advance(hours=1)
        desk.sync()
        assert len(desk.deals_of(lead)) == 1


class TestTheSitesOwnIntegrationCreates:
    def test_nothing_is_created_and_ids_are_attached_when_the_deal_appears(self, hashing: CrmDesk) -> None:
        desk = hashing
        lead = arrived(desk, utm_source="yandex")
        assert desk.world.documents("delivery") == [], "a lead that is awaited needs no document"
        assert desk.explained(lead).delivery == "awaiting_entity"
        deal = desk.deal(contact_name="Анна", phone="89990000003")
        desk.carry_hooks()
        assert desk.fields_of(deal) == {"LEADLOOP_ID": lead, "_YM_UID": ANNA, "UTM_SOURCE": "yandex"}
        assert (desk.delivery(lead).state, desk.delivery(lead).rule) == ("delivered", "attach.written")
        assert posts(desk) == 0

    def test_a_lead_awaited_before_the_mode_became_keep_is_not_created(self, hashing: CrmDesk) -> None:
        desk = hashing
        lead = arrived(desk)
        desk.world.runtime.policy = sokol("keep")
        desk.world.push("deliver-lead", LeadRegistered(event_id="again", lead_id=lead))
        assert posts(desk) == 0

    def test_what_the_crm_holds_already_is_never_replaced(self, hashing: CrmDesk) -> None:
        desk = hashing
        lead = arrived(desk, utm_source="yandex")
        deal = desk.deal(contact_name="Анна", phone="89990000003", fields={"_YM_UID": BORIS, "UTM_SOURCE": "phone"})
        desk.carry_hooks()
        assert desk.fields_of(deal) == {"LEADLOOP_ID": lead, "_YM_UID": BORIS, "UTM_SOURCE": "phone"}
        [entry] = [entry for entry in desk.world.log.entries if entry.event == "crm_fields_differ"]
        assert entry.details["fields"] == "client_id, utm_source"

    def test_attaching_is_tried_again_when_the_crm_is_back(self, hashing: CrmDesk) -> None:
        desk = hashing
        lead = arrived(desk)
        deal = desk.deal(contact_name="Анна", phone="89990000003")
        desk.break_next("status", method="PATCH", times=6, status=500)
        desk.carry_hooks()
        assert "LEADLOOP_ID" not in desk.fields_of(deal)
        for _ in range(3):
            desk.clock.advance(minutes=15)
            desk.sync()
        assert desk.fields_of(deal)["LEADLOOP_ID"] == lead
        assert desk.delivery(lead).next_try_at is None

    def test_attaching_lost_with_the_message_that_asked_for_it_is_done_by_the_next_pull(self, hashing: CrmDesk) -> None:
        desk = hashing
        lead = arrived(desk)
        deal = desk.deal(contact_name="Анна", phone="89990000003")
        desk.forget_hooks()
        ids = {"lead": (str(deal),)}
        hint = CrmEntityTouched(event_id="h", received_at=desk.clock.now(), crm="amocrm", entity_ids=ids)
        desk.world.memory_bus.failing = True
        assert desk.world.push("read-crm", hint).status_code == 204
        desk.world.memory_bus.failing = False
        assert desk.ref(deal).owner == lead
        assert "LEADLOOP_ID" not in desk.fields_of(deal)
        desk.sync()
        assert desk.fields_of(deal)["LEADLOOP_ID"] == lead

    def test_a_second_lead_on_the_deal_does_not_write_its_own_id_over_the_owners(self, hashing: CrmDesk) -> None:
        desk = hashing
        first = arrived(desk)
        deal = desk.deal(contact_name="Анна", phone="89990000003")
        desk.carry_hooks()
        desk.clock.advance(days=2)
        second = desk.submit("anna again", **FORM)
        other = desk.deal(contact_name="Анна", phone="89990000003")
        desk.settle()
        desk.carry_hooks()
        desk.act("merge", winner=deal, loser=other)
        desk.carry_hooks()
        assert desk.ref(deal).leads.keys() == {first, second}
        assert desk.fields_of(deal)["LEADLOOP_ID"] == first
        assert desk.delivery(second).state is DeliveryState.DELIVERED

    def test_a_strangers_id_in_our_field_is_replaced(self, hashing: CrmDesk) -> None:
        desk = hashing
        lead = arrived(desk)
        deal = desk.deal(contact_name="Анна", phone="89990000003", fields={"LEADLOOP_ID": "of another installation"})
        desk.carry_hooks()
        assert desk.fields_of(deal)["LEADLOOP_ID"] == lead

    def test_a_deal_deleted_meanwhile_ends_the_attaching(self, hashing: CrmDesk) -> None:
        desk = hashing
        lead = arrived(desk)
        deal = desk.deal(contact_name="Анна", phone="89990000003")
        desk.break_next("status", method="PATCH", times=3, status=500)
        desk.carry_hooks()
        desk.act("delete", lead_id=deal)
        desk.forget_hooks()
        desk.clock.advance(minutes=15)
        desk.sync()
        assert (desk.delivery(lead).rule, desk.delivery(lead).next_try_at) == ("attach.gone", None)
