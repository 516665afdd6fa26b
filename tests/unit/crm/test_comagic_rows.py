"""Rows of CoMagic's reports, and bodies of its notifications, as leadloop reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leadloop.crm.comagic.client import Answer, AnswerUnreadable
from leadloop.crm.comagic.hooks import parse_hook
from leadloop.crm.comagic.listing import PAGE_SIZE, next_page
from leadloop.crm.comagic.rows import LOOKS, UNTAGGED, changed_at, instant, row_of
from leadloop.crm.port import LEAD, Medium
from leadloop.json_types import JsonObject

MOSCOW, BERLIN = ZoneInfo("Europe/Moscow"), ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CALL: dict[str, Any] = {
    "communication_id": 900000001,
    "start_time": "2026-11-22 09:14:03",
    "direction": "in",
    "is_lost": False,
    "talk_duration": 95,
    "virtual_phone_number": "74950000000",
    "contact_phone_number": "79990000002",
    "ym_client_id": "1700000000123456789",
    "yclid": None,
    "gclid": None,
    "utm_source": "yandex",
    "utm_medium": None,
    "referrer": "https://www.google.com/search?q=79990000002#top",
    "tags": [
        {"tag_id": 103, "tag_change_time": "2026-11-22 11:30:00"},
        {"tag_id": 101, "tag_change_time": "2026-11-22 11:02:10"},
    ],
}


def test_a_call_is_read_whole() -> None:
    lead, history, points = row_of(Medium.CALL, CALL, MOSCOW, NOW)
    assert (lead.external_id, lead.created_at) == ("call-900000001", datetime(2026, 11, 22, 6, 14, 3, tzinfo=UTC))
    assert (lead.ids, lead.call_seconds, lead.price) == ({"client_id": "1700000000123456789"}, 95, None)
    assert lead.source == {
        "utm_source": "yandex",
        "referrer": "www.google.com/search",
        "called_number": "74950000000",
    }
    assert [(move.at.hour, move.before, move.after.status_id) for move in history.moves] == [
        (8, UNTAGGED, "101"),
        (8, history.moves[0].after, "103"),
    ]
    assert lead.status.status_id == "103"
    assert lead.communication == (Medium.CALL, True, True)
    assert points.phones == ("+79990000002",)
    assert "79990000002" not in repr(lead)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (79990000002, "+79990000002"),
        ("375291234567", "+375291234567"),
        ("89990000002", "89990000002"),
        (9990000002, "9990000002"),
        ("anonymous", "anonymous"),
    ],
)
def test_a_phone_has_lost_its_plus(given: str | int, read: str) -> None:
    assert row_of(Medium.CALL, {**CALL, "contact_phone_number": given}, MOSCOW, NOW).points.phones == (read,)


@pytest.mark.parametrize("absent", [None, "", 0])
def test_nobodys_phone_is_none(absent: object) -> None:
    told = {**CALL, "contact_phone_number": absent if absent != 0 else None}
    assert row_of(Medium.CALL, told, MOSCOW, NOW).points.phones == ()


@pytest.mark.parametrize(
    ("more", "incoming", "answered"),
    [({"is_lost": True}, True, False), ({"direction": "out"}, False, True), ({"direction": None}, True, True)],
)
def test_which_way_it_went(more: JsonObject, incoming: bool, answered: bool) -> None:
    assert row_of(Medium.CALL, {**CALL, **more}, MOSCOW, NOW).lead.communication == (Medium.CALL, incoming, answered)


def test_an_id_that_was_spoilt_is_none() -> None:
    lead = row_of(Medium.CALL, {**CALL, "ym_client_id": "1.7e18", "yclid": "79990000002"}, MOSCOW, NOW).lead
    assert lead.ids == {}


def test_a_source_that_reads_like_a_contact_is_left_out() -> None:
    lead = row_of(Medium.CALL, {**CALL, "utm_source": "+7 999 000-00-02"}, MOSCOW, NOW).lead
    assert "utm_source" not in lead.source


def test_a_tag_that_does_not_tell_when_it_was_set_was_there_from_the_beginning() -> None:
    lead, history, _ = row_of(Medium.CALL, {**CALL, "tags": [{"tag_id": 5, "tag_change_time": None}]}, MOSCOW, NOW)
    assert [(move.at, move.after.status_id) for move in history.moves] == [(lead.created_at, "5")]


@pytest.mark.parametrize("broken", [{"start_time": None}, {"start_time": "22.11.2026"}, {"communication_id": None}])
def test_a_row_without_what_every_row_has_is_unreadable(broken: JsonObject) -> None:
    with pytest.raises(AnswerUnreadable):
        row_of(Medium.CALL, {**CALL, **broken}, MOSCOW, NOW)


class TestWhenItChanged:
    AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

    @pytest.mark.parametrize("look", LOOKS)
    def test_its_age_is_a_change_from_that_very_second(self, look: timedelta) -> None:
        row: JsonObject = {"tags": []}
        second = timedelta(seconds=1)
        assert changed_at(row, self.AT, MOSCOW, self.AT + look) == self.AT + look
        assert changed_at(row, self.AT, MOSCOW, self.AT + look - second) < self.AT + look
        assert changed_at(row, self.AT, MOSCOW, self.AT + look + second) == self.AT + look

    def test_a_tag_is(self) -> None:
        row: JsonObject = {"tags": [{"tag_id": 1, "tag_change_time": "2026-11-22 09:40:00"}]}
        assert changed_at(row, self.AT, MOSCOW, self.AT + timedelta(minutes=45)) == self.AT + timedelta(minutes=40)

    def test_in_an_hour_that_comes_twice_it_is_rather_seen_twice(self) -> None:
        row: JsonObject = {"tags": [{"tag_id": 1, "tag_change_time": "2026-10-25 02:30:00"}]}
        began, second_time = datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
        assert changed_at(row, began, BERLIN, second_time) == second_time
        assert instant("2026-10-25 02:30:00", BERLIN) == second_time - timedelta(hours=1)


class Listed:
    """A tracker of so many communications, a few of them in each second."""

    def __init__(self, rows: list[JsonObject]) -> None:
        self.rows = rows
        self.asked: list[dict[str, Any]] = []

    def get(self, operation: str, method: str, fields: object = (), **params: Any) -> Answer:  # noqa: ANN401
        del operation, method, fields
        self.asked.append(params)
        later = [row for row in self.rows if str(row["date_time"]) >= params["date_from"]]
        return Answer(later[params["offset"] : params["offset"] + params["limit"]], {})


def listed(rows: list[JsonObject]) -> tuple[set[str], Listed]:
    tracker, found, position = Listed(rows), set[str](), None
    while True:
        page = next_page(tracker, {Medium.CALL}, MOSCOW, NOW, NOW - timedelta(days=30), position)  # type: ignore[arg-type]
        found |= {change.external_id for change in page.changes}
        position = page.position
        if position is None:
            return found, tracker


def row(number: int, second: int, kind: str = "call") -> JsonObject:
    at = datetime(2026, 11, 20) + timedelta(seconds=second)  # noqa: DTZ001 - as a report has it
    return {"id": number, "communication_type": kind, "date_time": f"{at:%Y-%m-%d %H:%M:%S}", "tags": []}


class TestListing:
    def test_more_than_a_page_is_listed_to_its_end(self) -> None:
        found, tracker = listed([row(number, number // 3) for number in range(1, 2 * PAGE_SIZE + 50)])
        assert len(found) == 2 * PAGE_SIZE + 49
        assert len(tracker.asked) == 3

    def test_more_than_a_page_in_one_second_too(self) -> None:
        found, _ = listed([row(number, 7) for number in range(1, PAGE_SIZE + 50)])
        assert len(found) == PAGE_SIZE + 49

    def test_goals_and_what_the_policy_leaves_out_are_not(self) -> None:
        found, _ = listed([row(1, 1), row(2, 2, "goal"), row(3, 3, "chat")])
        assert found == {"call-1"}

    def test_three_months_are_never_asked_for(self) -> None:
        _, tracker = listed([])
        [asked] = tracker.asked
        assert (asked["date_from"], asked["date_till"]) == ("2026-11-01 15:00:00", "2026-11-23 15:00:00")


class TestNotifications:
    @pytest.mark.parametrize(
        ("body", "named"),
        [
            (b'{"communication_type": "call", "communication_id": 900000001}', "call-900000001"),
            (b'{"communication_type": "offline_message", "communication_id": "21"}', "request-21"),
            (b'{"communication_type": null, "call_session_id": 15, "communication_id": 9}', "call-9"),
            (b"communication_type=chat&communication_id=7", "chat-7"),
            ('{"tag_names": ["Целевой"], "communication_type":"call","communication_id":8}'.encode(), "call-8"),
        ],
    )
    def test_ids_are_taken_and_nothing_else(self, body: bytes, named: str) -> None:
        assert parse_hook(body).entity_ids == {LEAD: (named,)}

    def test_a_session_without_its_communication_waits_for_the_pull(self) -> None:
        """As integrators' published templates have it."""
        body = b'{"notification_mnemonic":"call_finished","call_session_id":1500000007,"direction":"in","tag_names":[]}'
        reading = parse_hook(body)
        assert (dict(reading.entity_ids), reading.unreadable) == ({}, None)

    def test_what_is_not_read_is_no_mistake(self) -> None:
        reading = parse_hook(b'{"communication_type": "goal", "communication_id": 5}')
        assert (dict(reading.entity_ids), reading.unreadable) == ({}, None)

    @pytest.mark.parametrize(
        "body",
        [
            b'{"communication_type": "call"}',
            b'{"communication_id": 5}',
            b'{"communication_type": "call", "communication_id": true}',
            b'{"communication_type": {{communication_type}}, "communication_id": {{communication_id}}}',
            b'{"communication_type": "call", "communication_id": -5}',
            b"\xff\xfe",
            b"[]",
        ],
    )
    def test_what_names_nothing_is_kept_for_a_person(self, body: bytes) -> None:
        reading = parse_hook(body)
        assert reading.unreadable
        assert not reading.entity_ids
