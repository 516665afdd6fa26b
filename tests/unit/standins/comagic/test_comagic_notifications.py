"""Notifications: a template's macros, what is told when, loss, doubling, delay, and no signature."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from unit.standins.amocrm.receiver import Receiver
from unit.standins.comagic.driver import ANNA_ID, BORIS_PHONE, TARGET, YCLID, CoMagicDriver, pretty


def subscribe(comagic: CoMagicDriver, receiver: Receiver, event: str = "call_finished", **row: object) -> None:
    comagic.control("POST", "notifications", [{"event": event, "url": receiver.url, **row}])


def told(receiver: Receiver) -> list[Any]:
    return [json.loads(body) for body in receiver.bodies]


def test_a_finished_call_in_full(comagic: CoMagicDriver, receiver: Receiver, bodies: Path) -> None:
    subscribe(comagic, receiver, mnemonic="call_finished_leads")
    called = comagic.phone(comagic.visit())
    comagic.act("tag", communication_id=called["communication_id"], tag=TARGET)
    comagic.at("10:02:25")
    assert comagic.pump() == {"posted": 1, "delivered": 1}
    assert pretty(told(receiver)[0]) == (bodies / "call-finished.notification.json").read_text(encoding="utf-8")
    assert receiver.headers[0]["Content-Type"] == "application/json"


def test_macros_carry_their_quotes_and_nothing_is_null(comagic: CoMagicDriver, receiver: Receiver) -> None:
    template = (
        '{"name":{{notification_name}},"call":{{ call_session_id }},"client":{{ym_client_id}},"y":{{yclid}},"x":{{x}}}'
    )
    subscribe(comagic, receiver, body=template, name='Звонок "завершён"')
    comagic.phone(comagic.visit())
    comagic.at("10:05:00")
    comagic.pump()
    sent = receiver.bodies[0].decode()
    assert sent == r'{"name":"Звонок \"завершён\"","call":1500000001,"client":null,"y":null,"x":null}'
    assert ANNA_ID not in sent
    assert YCLID not in sent


def test_letters_may_be_escaped(comagic: CoMagicDriver, receiver: Receiver) -> None:
    comagic.settings(escape_letters=True)
    subscribe(comagic, receiver, body='{"name":{{notification_name}}}')
    comagic.phone()
    comagic.at("10:05:00")
    comagic.pump()
    assert receiver.bodies[0].startswith(rb'{"name":"\u0417\u0430\u0432\u0435')
    assert told(receiver) == [{"name": "Завершение звонка"}]


def test_a_get_carries_the_macros_in_its_address(comagic: CoMagicDriver, receiver: Receiver) -> None:
    address = receiver.url + "?call={{call_session_id}}&phone={{contact_phone_number}}&name={{notification_name}}"
    subscribe(comagic, receiver, method="GET", url=address)
    for form in ("json", "bare"):
        comagic.settings(macros_in_urls=form)
        comagic.phone(at="2026-11-22T09:00:00+03:00")
        comagic.pump()
    assert receiver.bodies == [b"", b""]
    assert [line.split("?")[0] for line in receiver.lines] == ["GET /hooks/secret-of-sokol"] * 2
    quoted, bare = (dict(parse_qsl(urlsplit(line.split()[1]).query, strict_parsing=True)) for line in receiver.lines)
    assert quoted == {"call": "1500000001", "phone": '"79990000002"', "name": '"Завершение звонка"'}
    assert bare == {"call": "1500000003", "phone": "79990000002", "name": "Завершение звонка"}


def test_nothing_is_signed_and_the_secret_is_in_the_address(comagic: CoMagicDriver, receiver: Receiver) -> None:
    subscribe(comagic, receiver, headers={"Content-Type": "application/json", "X-Call": "{{call_session_id}}"})
    comagic.phone()
    comagic.at("10:05:00")
    comagic.pump()
    assert receiver.lines == ["POST /hooks/secret-of-sokol"]
    assert receiver.headers[0]["X-Call"] == "1500000001"
    assert not [name for name in receiver.headers[0] if "sign" in name.lower() or name == "Authorization"]
    seen = json.dumps(comagic.ledger()) + comagic.client.get("/").text
    assert "secret-of-sokol" not in seen


# When what is told


def test_each_event_is_told_when_it_happens(comagic: CoMagicDriver, receiver: Receiver) -> None:
    for event in ("call_started", "call_finished", "call_lost", "offline_message", "chat", "tag"):
        macros = '"of":{{communication_id}},"talk":{{talk_time_duration}},"at":{{notification_time}}'
        body = f'{{"event":"{event}",{macros}}}'
        subscribe(comagic, receiver, event, body=body)
    answered = comagic.phone()["communication_id"]
    lost = comagic.phone(phone=BORIS_PHONE, talk_seconds=0)["communication_id"]
    comagic.pump()
    assert [one["event"] for one in told(receiver)] == ["call_started", "call_started"]
    comagic.at("10:00:25")
    comagic.pump()
    assert [(one["event"], one["of"]) for one in told(receiver)[2:]] == [("call_finished", lost), ("call_lost", lost)]
    comagic.at("10:02:25")
    comagic.act("offline_message", phone="7999")
    comagic.act("chat", seconds=0)
    comagic.act("tag", communication_id=answered, tag=TARGET)
    comagic.result("set.tag_communications", communication_id=lost, communication_type="call", tag_id=TARGET)
    comagic.pump()
    last = told(receiver)[4:]
    assert [one["event"] for one in last] == ["call_finished", "offline_message", "chat", "tag", "tag"]
    assert last[0] == {"event": "call_finished", "of": answered, "talk": 120, "at": "2026-11-22 10:02:25"}


def test_a_notification_may_come_before_its_row(comagic: CoMagicDriver, receiver: Receiver) -> None:
    comagic.settings(row_delay_seconds=180)
    subscribe(comagic, receiver)
    comagic.phone()
    comagic.at("10:02:25")
    comagic.pump()
    [notified] = told(receiver)
    assert comagic.filtered("id", "=", notified["call_session_id"]) == []
    comagic.at("10:05:25")
    assert comagic.filtered("id", "=", notified["call_session_id"]) == [notified["call_session_id"]]


def test_a_notification_that_is_off_is_not_sent(comagic: CoMagicDriver, receiver: Receiver) -> None:
    subscribe(comagic, receiver, "offline_message")
    [row] = comagic.ledger()["notifications"]
    comagic.act("switch_notification", notification_id=row["id"], is_on=False)
    comagic.act("offline_message", phone="7999")
    comagic.act("switch_notification", notification_id=row["id"], is_on=True)
    assert comagic.pump() == {"posted": 0}


def test_a_notification_tells_what_was_true_at_its_moment(comagic: CoMagicDriver, receiver: Receiver) -> None:
    subscribe(comagic, receiver, body='{"tags":{{tag_names}}}')
    about = comagic.phone()["communication_id"]
    comagic.at("10:01:00")
    comagic.act("tag", communication_id=about, tag=TARGET)
    comagic.at("10:05:00")
    comagic.act("tag", communication_id=about, tag="Продажа")
    comagic.pump()
    assert told(receiver) == [{"tags": ["Целевой"]}]


# What goes wrong on the way


def test_notifications_are_lost_doubled_delayed_and_reordered(comagic: CoMagicDriver, receiver: Receiver) -> None:
    subscribe(comagic, receiver, "offline_message", body='{"of":{{communication_id}}}')

    def arrived() -> list[int]:
        before = len(receiver.bodies)
        for _ in range(2):
            comagic.act("offline_message", phone="7999")
        comagic.pump()
        return [one["of"] - 900000000 for one in told(receiver)[before:]]

    assert arrived() == [1, 3]
    comagic.settings(lose_next_notifications=1)
    assert arrived() == [7]
    comagic.settings(lose_all_notifications=True)
    assert arrived() == []
    comagic.settings(lose_all_notifications=False, send_notifications_twice=True)
    assert arrived() == [13, 13, 15, 15]
    comagic.settings(send_notifications_twice=False, reorder_notifications=True)
    assert arrived() == [19, 17]
    comagic.settings(delay_notifications_seconds=60)
    assert arrived() == []
    comagic.at("10:01:00")
    assert comagic.pump()["delivered"] == 2
    assert comagic.ledger()["notification_counts"] == {"delivered": 11, "lost": 3}


@pytest.mark.parametrize(("retries", "states"), [(0, ["failed"]), (2, ["retry", "retry", "failed"])])
def test_a_failed_notification_is_tried_as_often_as_the_switch_says(
    comagic: CoMagicDriver, receiver: Receiver, retries: int, states: list[str]
) -> None:
    receiver.otherwise = 500
    comagic.settings(notification_retries=retries)
    subscribe(comagic, receiver, "offline_message")
    comagic.act("offline_message", phone="7999")
    reached = []
    for minute in range(4):
        comagic.at(f"10:0{minute}:00")
        reached += [state for state in comagic.pump() if state != "posted"]
    assert reached == states
    [delivery] = comagic.ledger()["notification_deliveries"]
    assert [attempt["code"] for attempt in delivery["attempts"]] == [500] * len(states)


def test_a_receiver_that_is_gone_is_no_answer(comagic: CoMagicDriver) -> None:
    comagic.control("POST", "notifications", [{"event": "offline_message", "url": "http://127.0.0.1:9/hook"}])
    comagic.act("offline_message", phone="7999")
    assert comagic.pump() == {"posted": 1, "failed": 1}
    assert comagic.ledger()["notification_deliveries"][0]["attempts"][0]["code"] == 0


def test_a_body_of_any_shape_can_be_sent(comagic: CoMagicDriver, receiver: Receiver) -> None:
    subscribe(comagic, receiver)
    assert comagic.act("send_notification", body="{{not_a_macro")["queued"] == 1
    comagic.pump()
    assert receiver.bodies == [b"{{not_a_macro"]
