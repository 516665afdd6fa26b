"""Bitrix24's cards and histories as leadloop's own shapes, from the answers of portals."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from leadloop.crm.bitrix24.client import AnswerUnreadable
from leadloop.crm.bitrix24.kinds import DEAL, LEAD
from leadloop.crm.bitrix24.shapes import STANDARD, Reading, contact_points_of, lead_of, moves_of
from leadloop.crm.port import Status

ANSWERS = Path(__file__).parents[2] / "bodies" / "bitrix24" / "answers"
NAMED = {"yclid": "ufCrmYclid", "utm_source": "utmSource", "source": "sourceId", "call_seconds": "ufCrmCall"}
OF_DEALS = Reading(DEAL, NAMED, {"mortgage": "ufCrmMortgage", "area": "ufCrmArea", "company": "companyId"}, "RUB", True)
OF_LEADS = Reading(LEAD, NAMED, {"name": "name", "last_name": "lastName"}, "RUB")


def answer(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((ANSWERS / f"{name}.json").read_text(encoding="utf-8"))
    return told


def deal(**changes: object) -> dict[str, Any]:
    return {**answer("item-get-deal"), **changes}


def at(hour: int, minute: int = 0, second: int = 0, day: int = 1) -> datetime:
    return datetime(2026, 9, day, hour, minute, second, tzinfo=UTC)


class TestADeal:
    def test_is_what_its_card_shows(self) -> None:
        found = lead_of(deal(), OF_DEALS)
        assert (found.external_id, found.status, found.price) == ("D_401", Status("0", "PREPARATION"), 1_485_000_000)
        assert (found.created_at, found.updated_at, found.closed_at) == (at(9), at(9), None)
        assert (found.contact_ids, found.responsible, found.loss_reason) == (("1", "3"), "13", None)
        assert found.ids == {"yclid": "12345678901234567890"}
        assert found.source == {"utm_source": "yandex", "source": "WEB", "created_by": "11"}
        assert found.filled == {"mortgage", "area"}
        assert (found.continues, found.other_currency) == ((), None)

    def test_its_main_contact_comes_first(self) -> None:
        assert lead_of(deal(contactId=3), OF_DEALS).contact_ids == ("3", "1")
        assert lead_of(deal(contactId=0, contactIds=[]), OF_DEALS).contact_ids == ()

    @pytest.mark.parametrize(("written", "told"), [(7, ("L_7",)), ("7", ("L_7",)), (0, ()), (None, ()), ("", ())])
    def test_that_was_made_of_a_lead_says_so(self, written: object, told: tuple[str, ...]) -> None:
        assert lead_of(deal(leadId=written), OF_DEALS).continues == told
        assert lead_of(deal(leadId=written), OF_DEALS._replace(reads_leads=False)).continues == ()

    @pytest.mark.parametrize(
        ("opportunity", "currency", "price", "other"),
        [
            (999.9, "RUB", 99_990, None),
            (0, "RUB", None, None),
            (None, None, None, None),
            (5000, "USD", None, "USD"),
            (0, "USD", None, None),
            ("5000", "RUB", 500_000, None),
            ("5000.00", "RUB", 500_000, None),
            ("999.9", "USD", None, "USD"),
            ("0.00", "RUB", None, None),
            ("", "RUB", None, None),
            ("5 000|RUB", "RUB", None, None),
            ("1e300", "RUB", None, None),
            (1e300, "RUB", None, None),
        ],
    )
    def test_its_price_is_in_the_policy_s_currency_or_none(
        self, opportunity: object, currency: str | None, price: int | None, other: str | None
    ) -> None:
        found = lead_of(deal(opportunity=opportunity, currencyId=currency), OF_DEALS)
        assert (found.price, found.other_currency) == (price, other)

    def test_lost_it_says_why_by_its_stage_or_by_a_field(self) -> None:
        lost = deal(stageId="C1:APOLOGY", categoryId=1, stageSemanticId="F", movedTime="2026-09-04T10:00:00+03:00")
        found = lead_of(lost, OF_DEALS)
        assert (found.status, found.loss_reason, found.closed_at) == (
            Status("1", "C1:APOLOGY"),
            "C1:APOLOGY",
            at(7, day=4),
        )
        by_field = OF_DEALS._replace(named={**NAMED, "loss_reason": "ufCrmWhy"}, says_why_lost=True)
        assert lead_of({**lost, "ufCrmWhy": 41}, by_field).loss_reason == "41"
        assert lead_of({**lost, "ufCrmWhy": ["41", "43"]}, by_field).loss_reason == "41"
        assert lead_of({**lost, "ufCrmWhy": None}, by_field).loss_reason is None
        assert lead_of({**lost, "ufCrmWhy": "звонить Ольге, 8 999 000-00-02"}, by_field).loss_reason is None
        assert lead_of(deal(ufCrmWhy=41), by_field).loss_reason is None

    def test_what_reads_like_a_contact_is_no_source(self) -> None:
        found = lead_of(deal(utmSource="+7 999 000-00-02", sourceId="anna@example.org"), OF_DEALS)
        assert found.source == {"created_by": "11"}

    @pytest.mark.parametrize("broken", [{"id": None}, {"id": 0}, {"createdTime": None}, {"updatedTime": "yesterday"}])
    def test_without_what_is_promised_it_is_unreadable(self, broken: dict[str, object]) -> None:
        with pytest.raises(AnswerUnreadable):
            lead_of(deal(**broken), OF_DEALS)


class TestALead:
    def card(self, **changes: object) -> dict[str, Any]:
        times = {"createdTime": "2026-09-01T12:00:00+03:00", "updatedTime": "2026-09-01T12:00:05+03:00"}
        return {**answer("item-get-lead"), **times, **changes}

    def test_is_its_own_contact_where_it_has_a_phone(self) -> None:
        found = lead_of(self.card(), OF_LEADS)
        assert (found.external_id, found.status, found.contact_ids) == ("L_51", Status("leads", "NEW"), ("L_51",))
        assert found.filled == {"name"}
        assert "999" not in repr(found._replace(price=None))
        linked = lead_of(self.card(contactId=7, contactIds=[7]), OF_LEADS)
        assert linked.contact_ids == ("L_51", "7")
        assert lead_of(self.card(hasPhone="N", hasEmail="N", contactIds=[7]), OF_LEADS).contact_ids == ("7",)

    def test_tells_its_phone_only_where_that_is_asked_for(self) -> None:
        points = contact_points_of(self.card())
        assert (points.phones, points.emails) == (("+79990000001",), ("anna@example.com",))
        assert contact_points_of({"fm": None}).phones == ()
        assert not {"fm", "phone", "email", "name", "title"} & {*STANDARD[LEAD], *STANDARD[DEAL]}


class TestAHistory:
    def test_of_a_deal_goes_from_stage_to_stage_and_pipeline(self) -> None:
        moves = moves_of(answer("stage-history-deal")["items"], DEAL)
        stages = [Status("0", "NEW"), Status("0", "PREPARATION"), Status("1", "C1:NEW"), Status("1", "C1:WON")]
        assert [move.after for move in moves] == stages
        assert [move.before for move in moves] == [None, *stages[:-1]]
        assert [move.at for move in moves] == [at(9), at(11, 30, 5, 2), at(7, day=3), at(7, day=4)]
        assert [move.event_id for move in moves] == ["3", "5", "7", "9"]

    def test_of_a_lead_has_texts_and_other_names(self) -> None:
        moves = moves_of(answer("stage-history-lead-2022")["items"], LEAD)
        assert [(move.before, move.after) for move in moves] == [
            (None, Status("leads", "NEW")),
            (Status("leads", "NEW"), Status("leads", "JUNK")),
        ]

    def test_is_in_the_order_of_its_numbers(self) -> None:
        rows = answer("stage-history-deal")["items"]
        assert moves_of(rows[::-1], DEAL) == moves_of(rows, DEAL)
        assert moves_of([], DEAL) == ()

    def test_with_a_row_that_has_no_time_is_unreadable(self) -> None:
        with pytest.raises(AnswerUnreadable):
            moves_of([{"ID": 3, "OWNER_ID": 401, "STAGE_ID": "NEW"}], DEAL)
