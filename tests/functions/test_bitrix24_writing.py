"""What is written in Bitrix24: one deal or lead for one of ours, whatever becomes of answers; ids on others' cards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from leadloop import crm
from leadloop.leads.delivery import DeliveryState
from leadloop.messages import LeadRegistered
from support.bitrix24_desk import CODES, SEED, Bitrix24Desk, bitrix24_desk, in_portal

PHONE = "+7 999 000-00-03"
FORM = {"phone": PHONE, "name": "Анна", "email": "anna@example.org", "client_id": "1700000000123456789"}
WITHOUT_FIELDS = {**SEED, "user_fields": []}


@pytest.fixture
def desk() -> Iterator[Bitrix24Desk]:
    with bitrix24_desk(in_portal("keep")) as desk:
        yield desk


def arrived(desk: Bitrix24Desk, **form: str) -> str:
    lead = desk.submit("anna", **{**FORM, **form})
    desk.settle()
    return lead


def again(desk: Bitrix24Desk, lead: str, *, pulled: bool = True) -> None:
    desk.clock.advance(minutes=16)
    if pulled:
        desk.sync()
    assert desk.world.push("deliver-lead", LeadRegistered(event_id="again", lead_id=lead)).status_code == 204


def adds(desk: Bitrix24Desk, kind: str = "deal") -> int:
    return len([one for one in desk.ledger()["created_by_request"] if one["kind"] == kind])


class TestADealIsCreated:
    def test_with_its_contact_ids_and_source(self, desk: Bitrix24Desk) -> None:
        lead = arrived(desk, yclid="7325873983740247040", utm_source="yandex", utm_campaign="spring")
        [deal] = desk.carrying(lead)
        assert desk.fields_of(deal) == {
            CODES["leadloop_id"]: lead,
            CODES["client_id"]: FORM["client_id"],
            CODES["yclid"]: "7325873983740247040",
            CODES["utm_source"]: "yandex",
            CODES["utm_campaign"]: "spring",
        }
        held = desk.held(deal)
        assert (held["name"], held["stage"], held["fields"]["SOURCE_DESCRIPTION"]) == (
            "Заявка с сайта",
            "NEW",
            "leadloop",
        )
        [contact] = desk.ledger()["contacts"]
        assert held["contact_ids"] == [contact["id"]]
        assert contact["name"] == "Анна"
        points = {row["type_id"]: row["value"] for row in contact["multifields"]}
        assert points == {"PHONE": "+79990000003", "EMAIL": "anna@example.org"}

    def test_and_rests_as_delivered_on_a_deal_of_its_own(self, desk: Bitrix24Desk) -> None:
        lead = arrived(desk)
        [deal] = desk.carrying(lead)
        delivery = desk.delivery(lead)
        assert (delivery.state, delivery.external_id, delivery.next_try_at) == ("delivered", deal, None)
        assert desk.ref(deal).owner == lead
        desk.carry_hooks()
        desk.clock.advance(minutes=20)
        desk.sync()
        assert adds(desk) == 1
        assert desk.ref(deal).owner == lead

    def test_for_the_contact_there_is(self, desk: Bitrix24Desk) -> None:
        desk.open(contact_name="Анна Белова", phones=["8 (999) 000-00-03"])
        desk.forget_hooks()
        lead = arrived(desk)
        [deal] = desk.carrying(lead)
        [contact] = desk.ledger()["contacts"]
        assert desk.held(deal)["contact_ids"] == [contact["id"]]

    def test_who_left_only_a_messenger_is_named_by_it(self, desk: Bitrix24Desk) -> None:
        desk.submit("anna", name="Анна", telegram="@anna_p")
        desk.settle()
        assert [one["name"] for one in desk.ledger()["contacts"]] == ["Анна @anna_p"]

    @pytest.mark.parametrize("field", ["name", "phone", "email", "utm_campaign"])
    def test_a_text_of_a_visitor_s_is_not_read_as_a_batch_reads_it(self, desk: Bitrix24Desk, field: str) -> None:
        """A batch puts results of its other commands in the place of such texts."""
        typed = "$result[contact][item][id]$result[origin][items]"
        lead = arrived(desk, **{field: typed})
        [deal] = desk.carrying(lead)
        [contact] = desk.ledger()["contacts"]
        assert desk.held(deal)["contact_ids"] == [contact["id"]]
        assert typed in repr([contact, desk.held(deal)])

    def test_without_a_contact_it_is_created_too(self, desk: Bitrix24Desk) -> None:
        lead = desk.submit("nobody", client_id=FORM["client_id"])
        desk.settle()
        assert len(desk.carrying(lead)) == 1
        assert desk.ledger()["contacts"] == []

    def test_a_lead_where_the_policy_says_so(self) -> None:
        with bitrix24_desk(in_portal("keep", crm={"new_lead": {"pipeline": "leads", "status": "NEW"}})) as desk:
            lead = arrived(desk)
            [card] = desk.carrying(lead)
            held = desk.held(card)
            assert card.startswith("L_")
            assert (held["stage"], held["fields"]["NAME"]) == ("NEW", "Анна")
            assert [row["value"] for row in held["multifields"]] == ["+79990000003", "anna@example.org"]
            desk.carry_hooks()
            deal = desk.convert(card)
            desk.carry_hooks()
            assert desk.ref(deal).owner == lead
            assert adds(desk, "lead") == 1

    def test_nothing_of_the_contact_is_logged_or_left_in_clear(self, desk: Bitrix24Desk) -> None:
        desk.break_next("status", path="crm.item.add", status=400)
        arrived(desk)
        desk.break_next("accept_then_drop", path="crm.item.add", after=1)
        desk.submit("vera", phone="+79990000005", name="Вера")
        desk.settle()
        everything = repr([desk.resting(), desk.world.log.entries, desk.world.memory_bus.published])
        for told in ("9990000003", "9990000005", "Анна", "Вера", "anna@example.org", "code0of0olga"):
            assert told not in everything


class TestALostAnswer:
    @pytest.mark.parametrize("pulled", [True, False])
    def test_is_found_and_nothing_is_made_twice(self, desk: Bitrix24Desk, pulled: bool) -> None:
        desk.break_next("accept_then_drop", path="crm.item.add", after=1)
        lead = arrived(desk)
        assert desk.delivery(lead).state is DeliveryState.UNKNOWN
        again(desk, lead, pulled=pulled)
        assert (adds(desk), adds(desk, "contact")) == (1, 1)
        assert desk.delivery(lead).state is DeliveryState.DELIVERED
        assert desk.carrying(lead) == [desk.delivery(lead).external_id]
        assert ("crm_lead_adopted" in desk.world.log.events()) is not pulled

    @pytest.mark.parametrize("fault", ["drop_before", "accept_then_drop"])
    @pytest.mark.parametrize("made", [0, 1])
    def test_of_a_contact_or_a_deal_is_made_good(self, desk: Bitrix24Desk, fault: str, made: int) -> None:
        desk.break_next(fault, path="crm.item.add", after=made)
        lead = arrived(desk)
        assert desk.delivery(lead).state is DeliveryState.UNKNOWN
        again(desk, lead)
        assert (adds(desk), adds(desk, "contact"), len(desk.carrying(lead))) == (1, 1, 1)

    def test_leaves_no_contact_behind_when_its_deal_was_refused(self, desk: Bitrix24Desk) -> None:
        desk.settings(wrong_stage="refused")
        stages = desk.portal.portal.stages
        first = next(one for one in stages.statuses if (one.entity_id, one.status_id) == ("DEAL_STAGE", "NEW"))
        first.status_id = "RENAMED"
        lead = arrived(desk, phone="", email="", telegram="@anna_p")
        assert desk.delivery(lead).state is DeliveryState.HELD
        assert (adds(desk), adds(desk, "contact")) == (0, 1)
        first.status_id = "NEW"
        desk.clock.advance(hours=7)
        again(desk, lead)
        [deal] = desk.carrying(lead)
        [contact] = desk.ledger()["contacts"]
        assert desk.held(deal)["contact_ids"] == [contact["id"]]

    def test_for_the_limit_waits_for_its_end(self, desk: Bitrix24Desk) -> None:
        desk.break_next("status", path="crm.item.add", after=1, status=503)
        lead = arrived(desk)
        assert desk.delivery(lead).state is not DeliveryState.UNKNOWN
        again(desk, lead)
        assert len(desk.carrying(lead)) == 1


class TestFieldsThatAreMissing:
    def test_no_deal_is_made_without_one_for_our_id(self) -> None:
        with bitrix24_desk(in_portal("keep"), WITHOUT_FIELDS) as desk:
            lead = arrived(desk)
            assert (adds(desk), adds(desk, "contact")) == (0, 0)
            assert desk.delivery(lead).state is DeliveryState.HELD
            [said] = desk.said("delivery_held")
            assert "UF_CRM_LEADLOOP_ID" in str(said["reason"])
            assert "leadloop init --crm" in str(said["what_to_do"])

    def test_others_are_left_out_and_said(self) -> None:
        seed = {**SEED, "user_fields": [{"kind": "deal", "code": "LEADLOOP_ID"}]}
        with bitrix24_desk(in_portal("keep"), seed) as desk:
            lead = arrived(desk)
            assert len(desk.carrying(lead)) == 1
            [said] = desk.said("crm_fields_missing")
            assert said["fields"] == "client_id"

    def test_a_field_that_takes_no_such_text_is_said_too(self) -> None:
        fields = [
            {"kind": "deal", "code": "LEADLOOP_ID"},
            {"kind": "deal", "code": "YM_CLIENT_ID", "type": "boolean"},
        ]
        with bitrix24_desk(in_portal("keep"), {**SEED, "user_fields": fields}) as desk:
            arrived(desk)
            [said] = desk.said("crm_fields_missing")
            assert said["fields"] == "client_id"


class TestADealOfOthers:
    @pytest.fixture
    def desk(self) -> Iterator[Bitrix24Desk]:
        with bitrix24_desk() as desk:
            yield desk

    @pytest.mark.parametrize("kind", ["deal", "lead"])
    def test_is_given_our_id_and_what_it_lacks(self, desk: Bitrix24Desk, kind: str) -> None:
        lead = arrived(desk, yclid="7325873983740247040", utm_source="yandex")
        card = desk.open(kind, phones=[PHONE], fields={"UTM_SOURCE": "vk"})
        desk.carry_hooks()
        assert desk.carrying(lead) == [card]
        shown = desk.fields_of(card)
        assert (shown[CODES["yclid"]], shown["UTM_SOURCE"]) == ("7325873983740247040", "vk")

    def test_is_not_written_again_when_its_own_event_comes_back(self, desk: Bitrix24Desk) -> None:
        arrived(desk)
        card = desk.open(phones=[PHONE])
        for _ in range(4):
            desk.carry_hooks()
            desk.clock.advance(minutes=1)
        edits = [one for one in desk.ledger()["changes"] if one["via"] == "rest"]
        assert len(edits) == 1, card


def test_the_fields_are_made_for_deals_and_leads() -> None:
    with bitrix24_desk(in_portal("keep"), WITHOUT_FIELDS) as desk:
        account = crm.connect(desk.world.runtime)
        made = account.prepare()
        assert (made.ok, made.rule) == (True, "leadloop_field.created")
        codes = {(one.kind.name, one.code) for one in desk.portal.portal.user_fields}
        assert codes == {
            (kind, f"UF_CRM_{code}")
            for kind in ("deal", "lead")
            for code in ("LEADLOOP_ID", "YM_CLIENT_ID", "YCLID", "GCLID")
        }
        assert account.prepare().rule == "leadloop_field.present"


def test_who_may_make_no_fields_is_told_what_to_do() -> None:
    with bitrix24_desk(in_portal("keep"), WITHOUT_FIELDS) as desk:
        desk.act("set_user", user_id=11, is_admin=False)
        refused = crm.connect(desk.world.runtime).prepare()
        assert (refused.ok, refused.rule) == (False, "leadloop_field.refused")
        assert "UF_CRM_LEADLOOP_ID (deals)" in refused.reason
        assert "administrator" in refused.reason
