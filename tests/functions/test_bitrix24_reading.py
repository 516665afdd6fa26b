"""A Bitrix24 portal through the real functions: events, robots and the pull bring deals and leads with their stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from leadloop import timestamps
from leadloop.leads.state import LeadState
from leadloop.report.explanation import find_leads
from support.bitrix24_desk import HOST, RESALE, TOKEN, Bitrix24Desk, bitrix24_desk, in_portal, number_of
from support.tampered_http import TamperedHttp

PHONE, OTHER_PHONE = "8 (999) 000-00-02", "8 (999) 000-00-05"
CLIENT_ID = "1700000000123456789"

Look = Callable[[Bitrix24Desk], object]


def by_hooks(desk: Bitrix24Desk) -> object:
    return desk.carry_hooks()


def by_pull(desk: Bitrix24Desk) -> object:
    desk.forget_hooks()
    return desk.sync()


@pytest.fixture
def desk() -> Iterator[Bitrix24Desk]:
    with bitrix24_desk() as desk:
        yield desk


@pytest.fixture(params=[by_hooks, by_pull])
def look(request: pytest.FixtureRequest) -> Look:
    found: Look = request.param
    return found


def anna(desk: Bitrix24Desk) -> str:
    return desk.submit("anna", phone="+7 999 000-00-02", client_id=CLIENT_ID)


def reached(state: LeadState) -> dict[str, datetime]:
    return {stage: entry.at for stage, entry in state.stages.items()}


class TestADealIsRead:
    def test_and_is_the_lead_s_with_its_stages_at_their_times(self, desk: Bitrix24Desk, look: Look) -> None:
        lead = anna(desk)
        desk.settle()
        deal = desk.open(phones=[PHONE], contact_name="Анна")
        times = {}
        for stage in ("qualified", "meeting", "sold"):
            desk.clock.advance(hours=3)
            desk.move(deal, stage)
            times[stage] = desk.clock.now()
        desk.edit(deal, fields={"OPPORTUNITY": 12_500_000.5})
        desk.clock.advance(minutes=1)
        look(desk)
        state = desk.state(lead)
        assert state.crm_ref == f"bitrix24-lead-{deal}"
        assert reached(state) == times
        assert state.price is not None
        assert state.price.amount == 1_250_000_050
        assert desk.marks() == []

    def test_a_deal_of_another_pipeline_goes_by_that_one_s_stages(self, desk: Bitrix24Desk, look: Look) -> None:
        lead = anna(desk)
        desk.settle()
        deal = desk.open(phones=[PHONE])
        for stage, category in (("qualified", None), ("C1:NEW", RESALE), ("C1:WON", RESALE)):
            desk.clock.advance(hours=1)
            desk.move(deal, stage, category)
        sold_at = desk.clock.now()
        look(desk)
        state = desk.state(lead)
        assert state.stage == "sold"
        assert state.stages["sold"].at == sold_at
        assert state.unmapped_statuses == set()

    def test_a_deal_that_went_to_and_fro_is_read_to_the_end_of_its_history(self, desk: Bitrix24Desk) -> None:
        lead = anna(desk)
        desk.settle()
        deals = [desk.open(phones=[PHONE]), *(desk.open() for _ in range(12))]
        for _ in range(60):
            for stage in ("qualified", "meeting"):
                desk.clock.advance(minutes=1)
                desk.move(deals[0], stage)
        desk.clock.advance(minutes=1)
        for deal in deals:
            desk.move(deal, "sold")
        sold_at = desk.clock.now()
        by_pull(desk)
        assert desk.state(lead).stages["sold"].at == sold_at
        told = [one for one in desk.lead(lead).facts if one.kind == "stage_entered"]
        assert len(told) == 122

    def test_a_deal_that_nobody_sent_is_born_in_the_portal(self, desk: Bitrix24Desk, look: Look) -> None:
        desk.open(phones=[PHONE], fields={"UTM_SOURCE": "yandex"})
        look(desk)
        desk.clock.advance(minutes=11)
        desk.sync()
        state = desk.state(desk.world.the("lead").key.id)
        assert (state.born_in, state.source.label) == ("crm", "yandex")

    def test_which_of_several_lost_stages_it_is_in_says_why(self, desk: Bitrix24Desk, look: Look) -> None:
        lead = anna(desk)
        desk.settle()
        deal = desk.open(phones=[PHONE])
        desk.clock.advance(hours=1)
        desk.move(deal, "APOLOGY")
        look(desk)
        state = desk.state(lead)
        assert state.stage == "lost"
        assert [view.loss_reason for view in state.deals.values()] == ["APOLOGY"]

    @pytest.mark.parametrize("wanted", ["{}", "bitrix24-lead-{}"])
    def test_and_its_lead_is_found_by_it(self, desk: Bitrix24Desk, wanted: str) -> None:
        lead = anna(desk)
        desk.settle()
        deal = desk.open(phones=[PHONE])
        desk.carry_hooks()
        world = desk.world
        assert [one.id for one in find_leads(world.store, world.runtime.policy, wanted.format(deal))] == [lead]

    def test_nothing_personal_of_it_rests_or_is_logged(self, desk: Bitrix24Desk, look: Look) -> None:
        desk.open("lead", phones=[PHONE], emails=["vera@example.org"], fields={"NAME": "Вера", "COMMENTS": PHONE})
        desk.open(contact_name="Вера", phones=[OTHER_PHONE])
        look(desk)
        desk.clock.advance(minutes=11)
        desk.sync()
        everything = repr([desk.resting(), desk.world.log.entries, desk.world.memory_bus.published])
        for told in ("000-00-0", "9990000002", "Вера", "vera@example.org", "code0of0olga"):
            assert told not in everything

    def test_all_hooks_or_none_of_them_leave_the_same(self) -> None:
        left = []
        for look in (by_hooks, by_pull):
            with bitrix24_desk() as desk:
                anna(desk)
                desk.settle()
                lead = desk.open("lead", phones=[PHONE], fields={"NAME": "Анна"})
                other = desk.open(phones=[OTHER_PHONE])
                look(desk)
                for stage in ("qualified", "lost"):
                    desk.clock.advance(minutes=20)
                    for one in (lead, other):
                        desk.move(one, stage)
                    look(desk)
                desk.clock.advance(minutes=20)
                desk.sync()
                left.append(desk.resting())
        assert left[0] == left[1]


class TestALeadIsRead:
    def test_and_is_found_by_a_phone_of_its_own(self, desk: Bitrix24Desk, look: Look) -> None:
        lead = anna(desk)
        desk.settle()
        card = desk.open("lead", phones=[PHONE], fields={"NAME": "Анна"})
        desk.clock.advance(hours=1)
        desk.move(card, "qualified")
        look(desk)
        state = desk.state(lead)
        assert state.crm_ref == f"bitrix24-lead-{card}"
        assert reached(state) == {"qualified": desk.clock.now()}
        assert desk.ref(card).contact_ids == (card,)

    def test_a_phone_typed_in_later_is_learnt(self, desk: Bitrix24Desk, look: Look) -> None:
        card = desk.open("lead", emails=["vera@example.org"])
        desk.carry_hooks()
        desk.clock.advance(minutes=11)
        desk.sync()
        born = desk.world.the("lead").key.id
        before = desk.state(born).key_ids
        desk.edit(card, phones=[PHONE])
        desk.clock.advance(minutes=1)
        look(desk)
        assert len(desk.state(born).key_ids - before) == 1

    def test_leads_are_left_alone_where_the_policy_has_no_statuses_of_theirs(self, look: Look) -> None:
        pipelines = {"0": {"PREPARATION": "qualified", "WON": "sold", "LOSE": "lost"}}
        policy = in_portal(crm={"pipelines": pipelines, "ignored": ["0/NEW"]})
        with bitrix24_desk(policy) as desk:
            desk.open("lead", phones=[PHONE])
            desk.open(phones=[OTHER_PHONE])
            look(desk)
            desk.clock.advance(minutes=11)
            desk.sync()
            assert [desk.state(one.key.id).crm_ref for one in desk.world.documents("lead")] == ["bitrix24-lead-D_401"]

    def test_in_the_mode_none_no_phone_is_asked_for(self) -> None:
        with bitrix24_desk(in_portal("none")) as desk:
            desk.open("lead", phones=[PHONE])
            desk.open(phones=[OTHER_PHONE])
            desk.carry_hooks()
            desk.sync()
            bodies = repr([desk.resting(), desk.calls()])
            assert "crm.duplicate.findbycomm" not in bodies
            asked = [entry for entry in desk.portal.journal.entries if "contact" in " ".join(entry.notes)]
            assert asked == []


class TestWhoIsDeleted:
    def test_is_told_by_an_event(self, desk: Bitrix24Desk) -> None:
        lead = anna(desk)
        desk.settle()
        deal = desk.open(phones=[PHONE])
        desk.carry_hooks()
        desk.clock.advance(hours=1)
        desk.delete(deal)
        desk.carry_hooks()
        assert desk.state(lead).lost == {f"bitrix24-lead-{deal}": "deleted"}

    def test_is_found_at_the_next_reading_whatever_it_is_for(self, desk: Bitrix24Desk) -> None:
        lead = anna(desk)
        desk.settle()
        deal = desk.open(phones=[PHONE])
        desk.carry_hooks()
        desk.delete(deal)
        by_pull(desk)
        assert desk.state(lead).lost == {}, "no list of the portal's tells of it"
        desk.act("send_event", event="ONCRMDEALUPDATE", id=int(deal[2:]))
        desk.carry_hooks()
        assert desk.state(lead).lost == {f"bitrix24-lead-{deal}": "deleted"}

    def test_whose_deal_was_merged_away_is_on_the_survivor(self, desk: Bitrix24Desk) -> None:
        lead = anna(desk)
        desk.settle()
        lost = desk.open(phones=[PHONE], contact_name="Анна")
        contact = desk.held(lost)["contact_ids"][0]
        kept = desk.open(contact_ids=[contact])
        desk.carry_hooks()
        desk.clock.advance(hours=1)
        desk.act("merge", kind="deal", winner=int(kept[2:]), losers=[int(lost[2:])])
        desk.carry_hooks()
        assert desk.state(lead).lost == {f"bitrix24-lead-{lost}": "merged"}
        assert desk.ref(kept).owner == lead


def test_a_price_in_another_currency_is_not_counted_and_said(desk: Bitrix24Desk) -> None:
    lead = anna(desk)
    desk.settle()
    deal = desk.open(phones=[PHONE], fields={"OPPORTUNITY": 5000, "CURRENCY_ID": "USD"})
    desk.carry_hooks()
    assert desk.state(lead).price is None
    said, *_ = desk.said("crm_price_not_counted")
    assert (said["external_id"], "USD" in str(said["reason"]), "RUB" in str(said["reason"])) == (deal, True, True)


class TestAPortalThatDoesNotAnswer:
    @pytest.mark.parametrize(
        ("status", "told"),
        [(503, "QUERY_LIMIT_EXCEEDED"), (429, "OPERATION_TIME_LIMIT"), (401, "LEADLOOP_BITRIX24_WEBHOOK")],
    )
    def test_is_said_and_the_hint_waits(self, desk: Bitrix24Desk, status: int, told: str) -> None:
        lead = anna(desk)
        desk.settle()
        desk.open(phones=[PHONE])
        desk.break_next("status", status=status, times=None)
        desk.carry_hooks()
        said, *_ = desk.said("crm_unreadable")
        assert told in str(said["reason"])
        assert desk.state(lead).crm_ref is None
        desk.portal.faults.clear()
        desk.clock.advance(minutes=15)
        desk.sync()
        assert desk.state(lead).crm_ref == "bitrix24-lead-D_401"

    def test_nor_lets_anybody_in_who_was_dismissed(self, desk: Bitrix24Desk) -> None:
        desk.open(phones=[PHONE])
        desk.act("set_user", user_id=11, is_active=False)
        desk.carry_hooks()
        said, *_ = desk.said("crm_unreadable")
        assert "dismissed" in str(said["reason"])


class TestACardThatTheWebhookSOwnerMayNotSee:
    """Lists leave it out, and asked for by itself it is refused."""

    @pytest.fixture
    def hidden(self, desk: Bitrix24Desk) -> str:
        deal = desk.open(fields={"TITLE": "of the board"})

        def hide(asked: dict[str, Any], told: dict[str, Any]) -> None:
            answer: Any = told.get("result")
            for key, found in [*answer["result"].items()] if isinstance(answer, dict) and asked.get("cmd") else []:
                if isinstance(found, dict) and "items" in found:
                    found["items"] = [one for one in found["items"] if one.get("id") != number_of(deal)]
                elif isinstance(found, dict) and found.get("item", {}).get("id") == number_of(deal):
                    del answer["result"][key]
                    denied = {"error": "ACCESS_DENIED", "error_description": "Access denied."}
                    answer["result_error"] = {**(answer["result_error"] or {}), key: denied}

        desk.world.runtime.http = TamperedHttp(desk.world.runtime.http, hide)
        desk.carry_hooks()
        return deal

    def test_holds_up_no_other(self, desk: Bitrix24Desk, hidden: str) -> None:
        lead = anna(desk)
        desk.settle()
        deal = desk.open(phones=[PHONE])
        desk.carry_hooks()
        desk.clock.advance(minutes=15)
        desk.sync()
        assert desk.state(lead).crm_ref == f"bitrix24-lead-{deal}"
        assert {said["external_id"] for said in desk.said("crm_entity_unreadable")} == {hidden}

    def test_is_said_with_what_to_do_and_is_not_taken_for_deleted(self, desk: Bitrix24Desk, hidden: str) -> None:
        said, *_ = desk.said("crm_entity_unreadable")
        assert "may not see" in str(said["reason"])
        assert desk.said("crm_unreadable") == []
        assert [one.key.id for one in desk.world.documents("crm_ref")] == []
        assert len(desk.marks()) == 1, hidden


class TestWhoPosts:
    def event(self, desk: Bitrix24Desk, token: str) -> bytes:
        deal = desk.open(phones=[PHONE])
        desk.forget_hooks()
        number = deal[2:]
        text = f"event=ONCRMDEALADD&data%5BFIELDS%5D%5BID%5D={number}&ts=1788253225&auth%5Bdomain%5D={HOST}"
        return f"{text}&auth%5Bapplication_token%5D={token}".encode()

    @pytest.mark.parametrize("token", [TOKEN, "token-of-the-outgoing-webhook-00"])
    def test_a_known_token_is_let_in(self, desk: Bitrix24Desk, token: str) -> None:
        assert desk.hook(self.event(desk, token)).status_code == 200
        desk.settle()
        assert desk.world.documents("crm_ref")

    @pytest.mark.parametrize("token", ["", "0" * 32, TOKEN[:-1], TOKEN.upper()])
    def test_another_one_is_not(self, desk: Bitrix24Desk, token: str) -> None:
        answer = desk.hook(self.event(desk, token))
        assert (answer.status_code, (answer.json or {})["error"]["code"]) == (401, "hook.unknown_token")
        assert desk.world.memory_bus.published == []

    def test_a_known_token_alone_is_not_enough(self, desk: Bitrix24Desk) -> None:
        assert desk.hook(self.event(desk, TOKEN), secret="another-secret-0001").status_code == 404

    def test_without_a_token_of_ours_nobody_is(self, desk: Bitrix24Desk) -> None:
        body = self.event(desk, TOKEN)
        left = {name: text for name, text in desk.world.runtime.environment.items() if "APPLICATION" not in name}
        desk.world.runtime.environment = left
        vars(desk.world.runtime).pop("secrets", None)
        assert desk.hook(body).status_code == 503
        [said] = desk.said("hook_refused")
        assert "LEADLOOP_BITRIX24_APPLICATION_TOKEN" in str(said["reason"])

    def test_a_robot_goes_by_its_path(self, desk: Bitrix24Desk) -> None:
        deal = desk.open(phones=[PHONE])
        desk.forget_hooks()
        document = f"document_id%5B0%5D=crm&document_id%5B1%5D=CCrmDocumentDeal&document_id%5B2%5D=DEAL_{deal[2:]}"
        assert desk.hook(f"{document}&auth%5Bapplication_token%5D=of-the-robot").status_code == 200
        desk.settle()
        assert [one.key.id for one in desk.world.documents("crm_ref")] == [f"bitrix24-lead-{deal}"]


def test_a_mass_edit_is_read_to_its_end_by_the_pull(desk: Bitrix24Desk) -> None:
    deals = [desk.open() for _ in range(430)]
    by_pull(desk)
    desk.clock.advance(hours=1)
    desk.act("edit_many", ids=[int(one[2:]) for one in deals], fields={"UTM_SOURCE": "yandex"})
    moved = desk.clock.now()
    by_pull(desk)
    shown = {timestamps.to_text(moved)}
    assert {str(one.fields["seen_updated_at"]) for one in desk.world.documents("crm_ref")} <= shown | {"None"}
    assert len(desk.world.documents("crm_ref")) == len(deals)
