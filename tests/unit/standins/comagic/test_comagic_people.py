"""What happens around the account: visits, calls, requests, chats, tags set days later, ids that join late."""

from typing import Any

import pytest

from unit.standins.comagic.driver import (
    ANNA_ID,
    BORIS_PHONE,
    SITE,
    SOLD,
    STATIC,
    TARGET,
    YCLID,
    CoMagicDriver,
)

IDS = ("ym_client_id", "yclid", "visitor_id", "utm_source")


def values(row: dict[str, Any]) -> list[Any]:
    return list(row.values())


# Who called


def test_a_visitor_who_dials_the_number_he_is_shown_is_known(comagic: CoMagicDriver) -> None:
    came = comagic.act("visit", ym_client_id=ANNA_ID, yclid=YCLID, marks={"utm_source": "yandex"})
    comagic.phone(came["visitor_session_id"])
    comagic.at("10:05:00")
    assert values(comagic.row(*IDS)) == [ANNA_ID, YCLID, came["visitor_id"], "yandex"]
    assert values(comagic.row("virtual_phone_number", "source")) == [came["shown_number"], "dynamic_call_tracking"]


def test_whoever_dials_the_number_in_print_is_not(comagic: CoMagicDriver) -> None:
    comagic.visit()
    comagic.phone()
    comagic.at("10:05:00")
    assert values(comagic.row(*IDS)) == [None] * 4
    assert values(comagic.row("virtual_phone_number", "source")) == [STATIC, "call_tracking"]


def test_a_browser_without_metricas_counter_leaves_the_click_alone(comagic: CoMagicDriver) -> None:
    comagic.phone(comagic.visit(ym_client_id=None))
    comagic.at("10:05:00")
    assert values(comagic.row("ym_client_id", "yclid")) == [None, YCLID]


def test_a_repeated_caller_is_one_person_with_several_communications(comagic: CoMagicDriver) -> None:
    for minute in ("00", "10", "20"):
        comagic.phone(at=f"2026-11-22T09:{minute}:00+03:00")
    comagic.phone(phone=BORIS_PHONE, at="2026-11-22T09:30:00+03:00")
    rows = comagic.report(fields=["communication_id", "communication_number", "person_id", "attributes"])
    assert len({row["communication_id"] for row in rows}) == 4
    assert [row["communication_number"] for row in rows] == [1, 2, 3, 1]
    persons = [row["person_id"] for row in rows]
    assert persons[0] == persons[1] == persons[2] != persons[3]
    assert [row["attributes"][0] for row in rows] == ["primary", "secondary", "secondary", "primary"]


def test_a_caller_seen_on_the_site_before_keeps_his_person(comagic: CoMagicDriver) -> None:
    session = comagic.visit()
    comagic.phone(session, at="2026-11-22T09:00:00+03:00")
    comagic.phone(at="2026-11-22T09:30:00+03:00")
    persons = comagic.report(fields=["person_id", "ym_client_id"])
    assert persons[0]["person_id"] == persons[1]["person_id"]
    assert [row["ym_client_id"] for row in persons] == [ANNA_ID, None]


def test_a_lost_call_has_waited_and_not_talked(comagic: CoMagicDriver) -> None:
    comagic.phone(talk_seconds=0)
    comagic.at("10:05:00")
    told = comagic.row("is_lost", "wait_duration", "talk_duration", "total_duration", "call_records", "attributes")
    assert values(told) == [True, 25, 0, 25, [], ["primary", "lost", "off-target"]]


def test_a_second_visit_of_a_browser_counts(comagic: CoMagicDriver) -> None:
    first = comagic.act("visit", ym_client_id=ANNA_ID)
    again = comagic.act("visit", visitor_id=first["visitor_id"], yclid="8", campaign_id=77)
    comagic.phone(again["visitor_session_id"])
    comagic.at("10:05:00")
    told = comagic.row("visitor_id", "visits_count", "visitor_type", "yclid", "ym_client_id", "visit_other_campaign")
    assert values(told) == [first["visitor_id"], 2, "Вернувшийся", "8", ANNA_ID, True]


# What joins late


def test_click_ids_join_the_row_minutes_later(comagic: CoMagicDriver) -> None:
    comagic.settings(ids_delay_seconds=300)
    comagic.phone(comagic.visit())
    comagic.at("10:07:24")
    assert values(comagic.row("ym_client_id", "yclid", "utm_source")) == [None, None, "yandex"]
    assert comagic.filtered("yclid", "=", YCLID) == []
    comagic.at("10:07:25")
    assert values(comagic.row("ym_client_id", "yclid", "utm_source")) == [ANNA_ID, YCLID, "yandex"]
    assert comagic.filtered("yclid", "=", YCLID) == [1500000001]


def test_one_contact_may_wait_longer_than_others(comagic: CoMagicDriver) -> None:
    session = comagic.visit()
    comagic.act("offline_message", session_id=session, phone="7999", ids_delay_seconds=3600)
    comagic.act("offline_message", session_id=session, phone="7999")
    rows = comagic.report("offline_messages", fields=["ym_client_id"])
    assert [row["ym_client_id"] for row in rows] == [None, ANNA_ID]
    comagic.at("11:00:00")
    assert comagic.report("offline_messages", fields=["ym_client_id"])[0]["ym_client_id"] == ANNA_ID


def test_a_visit_may_be_found_for_a_call_that_had_none(comagic: CoMagicDriver) -> None:
    session, called = comagic.visit(), comagic.phone()
    comagic.at("12:00:00")
    assert comagic.row("ym_client_id")["ym_client_id"] is None
    comagic.act("recognise", communication_id=called["communication_id"], session_id=session)
    assert values(comagic.row("ym_client_id", "yclid")) == [ANNA_ID, YCLID]
    order = {"action": "recognise", "communication_id": called["communication_id"], "session_id": session}
    assert "has a session already" in comagic.refused("actions", order)


def test_a_tag_set_days_later_is_on_the_old_row(comagic: CoMagicDriver) -> None:
    called = comagic.phone()
    comagic.at("10:30:00")
    assert comagic.row("tags")["tags"] == []
    comagic.at("2026-11-27 12:40:00")
    comagic.act("tag", communication_id=called["communication_id"], tag="Продажа")
    row = comagic.row("id", "start_time", "tags")
    assert (row["id"], row["start_time"]) == (called["call_session_id"], "2026-11-22 10:00:00")
    assert row["tags"] == [
        {
            "tag_id": SOLD,
            "tag_name": "Продажа",
            "tag_type": "manual",
            "tag_change_time": "2026-11-27 12:40:00",
            "tag_user_id": None,
            "tag_user_login": None,
            "tag_employee_id": 501,
            "tag_employee_full_name": "Сидорова Анна",
        }
    ]
    later = {"date_from": "2026-11-27 00:00:00", "date_till": "2026-11-28 00:00:00"}
    assert comagic.report(**later) == []


def test_tags_come_and_go_and_are_renamed(comagic: CoMagicDriver) -> None:
    about = comagic.phone()["communication_id"]
    comagic.at("10:30:00")
    comagic.act("tag", communication_id=about, tag=TARGET)
    comagic.act("tag", communication_id=about, tag=SOLD)
    assert "has tag 103 already" in comagic.refused(
        "actions", {"action": "tag", "communication_id": about, "tag": SOLD}
    )
    comagic.act("rename_tag", tag="Целевой", name="Качественный")
    comagic.act("untag", communication_id=about, tag="Продажа")
    assert [(tag["tag_id"], tag["tag_name"]) for tag in comagic.row("tags")["tags"]] == [(TARGET, "Качественный")]


def test_a_sale_is_on_the_row(comagic: CoMagicDriver) -> None:
    about = comagic.phone()["communication_id"]
    comagic.at("2026-11-25 18:00:00")
    comagic.act("sale", communication_id=about, cost=8_500_000)
    assert values(comagic.row("sale_date", "sale_cost")) == ["2026-11-25 18:00:00", 8_500_000]
    assert comagic.filtered("sale_cost", ">", 8_000_000) == [1500000001]


# Requests and chats


@pytest.mark.parametrize(
    ("left", "told"),
    [
        ("+7 (999) 000-00-02", 79990000002),
        ("8 999 000-00-02", 89990000002),
        ("0049 30 1234567", 49301234567),
        (None, None),
    ],
)
def test_the_phone_of_a_request_is_a_number(comagic: CoMagicDriver, left: str | None, told: int | None) -> None:
    comagic.act("offline_message", phone=left, email="anna@example.com")
    assert comagic.row(kind="offline_messages")["visitor_phone_number"] == told


def test_an_employee_works_on_a_request(comagic: CoMagicDriver) -> None:
    about = comagic.act("offline_message", name="Анна", phone="7999")["communication_id"]
    told = ("status", "process_time", "employee_id", "employee_comment")
    assert values(comagic.row(*told, kind="offline_messages")) == ["not_processed", None, None, None]
    comagic.at("10:20:00")
    comagic.act("answer_request", communication_id=about, comment="Едет на встречу")
    assert values(comagic.row(*told, kind="offline_messages")) == [
        "processed",
        "2026-11-22 10:20:00",
        501,
        "Едет на встречу",
    ]
    called = comagic.phone()["communication_id"]
    assert "is a call" in comagic.refused("actions", {"action": "answer_request", "communication_id": called})


def test_a_chat_nobody_answered_is_lost(comagic: CoMagicDriver) -> None:
    comagic.act("chat", session_id=comagic.visit(), employee_messages=0, seconds=0)
    told = comagic.row("status", "release_cause", "ym_client_id", "employee_id", "messages_count", kind="chats")
    assert values(told) == ["lost", "closed_by_timeout", ANNA_ID, None, 2]


def test_one_list_holds_every_kind_of_contact(comagic: CoMagicDriver) -> None:
    session = comagic.visit()
    call = comagic.phone(session, at="2026-11-22T09:00:00+03:00")
    message = comagic.act("offline_message", session_id=session, phone="7999", at="2026-11-22T09:10:00+03:00")
    chat = comagic.act("chat", session_id=session, at="2026-11-22T09:20:00+03:00")
    rows = comagic.report("communications", fields=["id", "communication_type", "person_id", "ym_client_id"])
    assert [(row["id"], row["communication_type"]) for row in rows] == [
        (call["communication_id"], "call"),
        (message["communication_id"], "offline_message"),
        (chat["communication_id"], "chat"),
    ]
    assert {row["person_id"] for row in rows} == {call["person_id"]}
    assert {row["ym_client_id"] for row in rows} == {ANNA_ID}


# The desk and its ledger


@pytest.mark.parametrize(
    ("order", "named"),
    [
        ({"action": "sneeze"}, "'visit', 'call'"),
        ({"action": "visit", "colour": "red"}, "colour"),
        ({"action": "call", "phone": "+7999", "number": STATIC}, "phone"),
        ({"action": "call", "phone": "7999"}, "a number to dial"),
        ({"action": "call", "phone": "7999", "number": "7000"}, "There is no virtual number 7000"),
        ({"action": "tag", "communication_id": 1, "tag": TARGET}, "There is no communication 1. Known: none"),
        ({"action": "visit", "site_id": 9}, f"There is no site 9. Known: {SITE}"),
    ],
)
def test_an_order_that_cannot_be_is_refused(comagic: CoMagicDriver, order: object, named: str) -> None:
    assert named in comagic.refused("actions", order)


def test_a_number_in_print_has_no_session(comagic: CoMagicDriver) -> None:
    order = {"action": "call", "phone": "7999", "number": STATIC, "session_id": comagic.visit()}
    assert "who dials it has no session" in comagic.refused("actions", order)


def test_a_seed_row_that_is_not_understood_is_refused(comagic: CoMagicDriver) -> None:
    assert "Row 1 of numbers" in comagic.refused("numbers", [{"number": "7", "site_id": 3, "kind": "magic"}])
    assert "There is no site 9" in comagic.refused("campaigns", [{"id": 1, "name": "x", "site_id": 9}])


def test_the_ledger_tells_who_came_and_what_was_done(comagic: CoMagicDriver) -> None:
    session = comagic.visit()
    called = comagic.phone(session)
    comagic.phone()
    comagic.act("tag", communication_id=called["communication_id"], tag=TARGET)
    ledger = comagic.ledger()
    [first, second] = ledger["communications"]
    assert (first["phone"], first["visitor_session_id"], second["visitor_session_id"]) == ("79990000002", session, None)
    assert first["tags"] == [{"tag_id": TARGET, "name": "Целевой", "at": "2026-11-22T07:00:00Z", "by": "employee"}]
    assert first["row_at"] == "2026-11-22T07:02:25Z"
    assert ledger["communications_by_person"] == {str(called["person_id"]): [900000001, 900000003]}
    assert ledger["visits"][0]["ym_client_id"] == ANNA_ID
    assert ledger["points_spent"] == 0
    page = comagic.client.get("/").text
    assert "Целевой" in page
    assert ANNA_ID in page
