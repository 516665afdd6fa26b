"""Messages and schedules through a real host: nothing is lost, whatever happens to the process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from unit.host.host_driver import Launch, hosts, wait_until
from unit.host.ledger import HOLD, is_held, order

MORNING = datetime(2026, 9, 1, 9, 10, tzinfo=UTC)


@pytest.fixture
def a_host(tmp_path: Path) -> Iterator[Launch]:
    with hosts(tmp_path / "data") as make:
        yield make


def test_a_refused_message_comes_again_with_time_and_ends_as_a_dead_letter(a_host: Launch) -> None:
    host = a_host(MORNING).start()
    order(host.data, "note-lead", 503)
    host.publish("l1")
    now = MORNING
    for attempt in range(1, 6):
        host.settle()
        assert [entry["attempt"] for entry in host.entries("note-lead")] == list(range(1, attempt + 1))
        now += timedelta(seconds=45)
        host.set_clock(now)
    host.settle()
    [dead] = host.entries("keep-dead")
    assert dead["event"] == "event-l1"
    assert dead["attributes"]["CloudPubSubDeadLetterSourceDeliveryCount"] == "5"
    assert dead["attributes"]["dead_letter_reason"] == "status 503"
    assert host.state()["pending"] == 0


def test_a_consumer_that_is_slow_delays_no_other(a_host: Launch) -> None:
    host = a_host().start()
    order(host.data, "note-lead", HOLD)
    host.publish(*[f"l{number}" for number in range(12)])
    wait_until(lambda: is_held(host.data, "note-lead"), "note-lead is at work")
    host.publish("h1", topic="crm-hints")
    wait_until(lambda: len(host.entries("call-lead")) == 1, "call-lead is served meanwhile")
    assert host.get("/healthz").status_code == 200
    wait_until(lambda: host.state()["leased"] == 4, "only the calls that are held are under way")
    order(host.data, "note-lead", 204)
    host.settle()
    assert len(host.entries("note-lead")) == 12


def test_a_consumer_that_takes_too_long_is_asked_again(a_host: Launch) -> None:
    host = a_host(MORNING).start()
    order(host.data, "call-lead", HOLD)
    host.publish("h1", topic="crm-hints")
    wait_until(lambda: bool(host.logged("delivery_refused")), "the time-out of 2 s is over")
    assert host.logged("delivery_refused")[0]["found"] == "no answer within 2 s"
    order(host.data, "call-lead", 204)
    host.set_clock(MORNING + timedelta(seconds=3))
    host.settle()
    assert sorted(entry["attempt"] for entry in host.entries("call-lead")) == [1, 2]


def test_after_kill_9_in_the_middle_every_message_is_delivered(a_host: Launch) -> None:
    host = a_host().start()
    leads = [f"l{number}" for number in range(40)]
    order(host.data, "note-lead", HOLD)
    host.publish(*leads)
    wait_until(lambda: is_held(host.data, "note-lead"), "deliveries are under way")
    host.kill()
    for _ in range(3):
        order(host.data, "note-lead", 204)
        before = len(host.entries("note-lead"))
        host.start()
        wait_until(lambda: len(host.entries("note-lead")) > before, "some are delivered")  # noqa: B023 - called at once
        host.kill()
    host.start().settle()
    received = Counter(entry["event"] for entry in host.entries("note-lead") if entry["answered"] == 204)
    assert received.keys() == {f"event-{lead}" for lead in leads}
    assert host.state()["pending"] == 0


def test_schedules_follow_the_clock_file_and_missed_ones_fire_once(a_host: Launch) -> None:
    host = a_host(MORNING).start()
    host.settle()
    assert host.entries("run-round") == []
    host.set_clock(MORNING + timedelta(hours=5))
    host.settle()
    assert host.stop() == 0, host.said()
    host.set_clock(MORNING + timedelta(days=3))
    host.start().settle()
    times = [entry["headers"] for entry in host.entries("run-round") if entry["phase"] == "begun"]
    assert [
        value for headers in times for name, value in headers.items() if name.lower() == "x-cloudscheduler-scheduletime"
    ] == ["2026-09-01T14:00:00Z", "2026-09-04T09:00:00Z"]
    [schedule] = host.state()["schedules"]
    assert schedule["next"] == "2026-09-04T10:00:00.000000Z"


def test_a_clock_file_in_the_middle_of_being_written_stops_nothing(a_host: Launch) -> None:
    host = a_host(MORNING).start()
    host.clock_file.write_text("")
    wait_until(lambda: host.get("/healthz").status_code == 503, "the host notices")
    host.set_clock(MORNING + timedelta(hours=1))
    wait_until(lambda: host.get("/healthz").status_code == 200, "the host goes on")
    host.settle()
    assert len(host.entries("run-round")) == 2
