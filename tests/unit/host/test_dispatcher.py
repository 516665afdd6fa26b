"""Deliveries on a clock that stands still until it is moved: retries, dead letters, bulkheads, lost time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest

from leadloop.adapters.memory_log import MemoryLog
from leadloop.adapters.seeded_entropy import SeededEntropy
from leadloop.adapters.sqlite_bus import Deliveries, SqliteBus
from leadloop.manifest import Delivery, Function, Manifest
from leadloop.messages import LeadRegistered, PushEnvelope
from leadloop.ports.store import StoreUnavailable
from leadloop_host.dispatcher import DEAD_LETTER_TOPIC, Dispatcher
from leadloop_host.loopback import CallFailed, Loopback
from leadloop_host.routing import Running
from support.settable_clock import SettableClock
from unit.host.host_driver import wait_until

MANIFEST = Manifest(
    topics=("leads", "crm-hints", DEAD_LETTER_TOPIC),
    delivery=Delivery(max_attempts=5, min_backoff=2, max_backoff=20),
    functions={
        "note-lead": Function(topic="leads", max_instances=2),
        "call-lead": Function(topic="crm-hints"),
        "keep-dead": Function(topic=DEAD_LETTER_TOPIC),
    },
)


class Consumers(Loopback):
    """The functions of this test: what they were sent, and what they answer."""

    def __init__(self) -> None:
        super().__init__()
        self.received: list[tuple[str, PushEnvelope]] = []
        self.answers: dict[str, int | Exception] = {}
        self.gate = threading.Event()
        self.gate.set()
        self.held: list[str] = []

    def post(self, function: str, body: bytes, headers: Mapping[str, str], timeout: float) -> int:
        self.received.append((function, PushEnvelope.model_validate_json(body)))
        if not self.gate.is_set() and function == "note-lead":
            self.held.append(function)
            self.gate.wait(120)
        answer = self.answers.get(function, 204)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def attempts(self, function: str) -> list[int | None]:
        return [envelope.delivery_attempt for name, envelope in self.received if name == function]


class Scene:
    """A dispatcher over a real queue, its tick called by the test."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.log, self.consumers, self.running = SettableClock(), MemoryLog(), Consumers(), Running()
        path, topology = folder / "messages.db", MANIFEST.subscriptions()
        self.bus = SqliteBus(path, topology, self.clock)
        self.queue = Deliveries(path, topology, DEAD_LETTER_TOPIC)
        self.dispatcher = self.dispatcher_over(self.queue)
        self.dispatcher.prepare()

    def dispatcher_over(self, queue: Deliveries) -> Dispatcher:
        return Dispatcher(queue, MANIFEST, self.clock, SeededEntropy(7), self.consumers, self.running, self.log)

    def publish(self, *leads: str, topic: str = "leads") -> None:
        for lead in leads:
            self.bus.publish(topic, LeadRegistered(event_id=f"event-{lead}", lead_id=lead))

    def tick(self) -> None:
        """One look, and what it started brought to its end."""
        self.dispatcher.tick()
        wait_until(self.dispatcher.is_idle, "the deliveries of this tick have ended")

    def pass_time_and_tick(self, **length: float) -> None:
        self.clock.advance(**length)
        self.tick()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.consumers.gate.set()
    scene.dispatcher.drain(monotonic() + 120)
    scene.queue.close()
    scene.bus.close()


def test_a_message_arrives_in_the_push_envelope(scene: Scene) -> None:
    scene.publish("l1")
    scene.tick()
    [(function, envelope)] = scene.consumers.received
    assert function == "note-lead"
    assert envelope.subscription == "projects/local/subscriptions/note-lead"
    assert envelope.delivery_attempt == 1
    assert envelope.message.attributes["event_id"] == "event-l1"
    assert envelope.message.publish_time == scene.clock.now()
    assert scene.queue.counts(scene.clock.now()).pending == 0


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_what_is_acknowledged_does_not_come_again(scene: Scene, status: int) -> None:
    scene.consumers.answers["note-lead"] = status
    scene.publish("l1")
    scene.tick()
    scene.pass_time_and_tick(days=1)
    assert scene.consumers.attempts("note-lead") == [1]


@pytest.mark.parametrize("answer", [203, 301, 400, 409, 500, 503, CallFailed("no answer within 60 s")])
def test_anything_else_comes_again_after_the_back_off_and_not_before(scene: Scene, answer: int | Exception) -> None:
    scene.consumers.answers["note-lead"] = answer
    scene.publish("l1")
    scene.tick()
    scene.pass_time_and_tick(seconds=1.9)
    assert scene.consumers.attempts("note-lead") == [1]
    scene.pass_time_and_tick(seconds=0.6)
    assert scene.consumers.attempts("note-lead") == [1, 2]
    scene.pass_time_and_tick(seconds=3.9)
    assert scene.consumers.attempts("note-lead") == [1, 2]
    scene.pass_time_and_tick(seconds=1)
    assert scene.consumers.attempts("note-lead") == [1, 2, 3]


def test_after_the_last_attempt_it_is_a_dead_letter_with_its_story(scene: Scene) -> None:
    scene.consumers.answers["note-lead"] = 500
    scene.publish("l1")
    for _ in range(8):
        scene.tick()
        scene.clock.advance(seconds=30)
    assert scene.consumers.attempts("note-lead") == [1, 2, 3, 4, 5]
    [(_, dead)] = [(name, envelope) for name, envelope in scene.consumers.received if name == "keep-dead"]
    assert dead.message.attributes["event_id"] == "event-l1"
    assert dead.message.attributes["CloudPubSubDeadLetterSourceSubscription"] == "note-lead"
    assert dead.message.attributes["CloudPubSubDeadLetterSourceDeliveryCount"] == "5"
    assert dead.message.attributes["dead_letter_reason"] == "status 500"
    assert scene.log.events("ERROR") == ["message_dead"]
    assert scene.queue.counts(scene.clock.now()).pending == 0


def test_a_dead_letter_nobody_can_keep_is_tried_for_ever(scene: Scene) -> None:
    scene.consumers.answers = {"note-lead": 500, "keep-dead": 503}
    scene.publish("l1")
    for _ in range(25):
        scene.tick()
        scene.clock.advance(seconds=30)
    assert len(scene.consumers.attempts("keep-dead")) > MANIFEST.delivery.max_attempts
    scene.consumers.answers = {}
    scene.tick()
    assert scene.queue.counts(scene.clock.now()).pending == 0


def test_a_slow_consumer_works_within_its_limit_and_delays_no_other(scene: Scene) -> None:
    scene.consumers.gate.clear()
    scene.publish("l1", "l2", "l3", "l4")
    scene.publish("h1", topic="crm-hints")
    scene.dispatcher.tick()
    wait_until(lambda: len(scene.consumers.held) == 2, "both places of note-lead are taken")
    wait_until(lambda: scene.consumers.attempts("call-lead") == [1], "call-lead is served meanwhile")
    scene.dispatcher.tick()
    assert len(scene.consumers.attempts("note-lead")) == 2
    scene.consumers.gate.set()
    wait_until(scene.dispatcher.is_idle, "note-lead has ended")
    scene.tick()
    assert scene.consumers.attempts("note-lead") == [1, 1, 1, 1]


def test_calls_that_overran_their_delivery_still_take_up_their_place(scene: Scene) -> None:
    scene.publish("l1", "l2")
    with scene.running.call("note-lead"), scene.running.call("note-lead"):
        scene.tick()
        assert scene.consumers.received == []
    scene.tick()
    assert len(scene.consumers.received) == 2


def test_what_a_killed_host_had_claimed_is_delivered_at_once_by_the_next(scene: Scene) -> None:
    scene.publish("l1")
    [claimed] = scene.queue.claim(scene.clock.now(), 1, 120, "note-lead")
    assert claimed.attempt == 1
    scene.tick()
    assert scene.consumers.received == []
    scene.dispatcher.prepare()
    scene.tick()
    assert scene.consumers.attempts("note-lead") == [2]


def test_a_clock_that_ran_ahead_and_was_set_back_strands_no_message(scene: Scene) -> None:
    scene.clock.advance(days=900)
    scene.consumers.answers["note-lead"] = 503
    scene.publish("l1")
    scene.tick()
    scene.clock.advance(days=-900)
    scene.consumers.answers = {}
    scene.tick()
    assert scene.consumers.attempts("note-lead") == [1, 2]
    assert "clock_set_back" in scene.log.events("WARNING")


def test_an_acknowledgement_the_disk_refuses_is_recorded_later(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = [StoreUnavailable("messages.db could not grow: the disk is full")]
    acknowledge = scene.queue.ack

    def ack_when_there_is_room(delivery_id: str) -> bool:
        if refusals:
            raise refusals.pop()
        return acknowledge(delivery_id)

    monkeypatch.setattr(scene.queue, "ack", ack_when_there_is_room)
    scene.publish("l1")
    scene.tick()
    scene.pass_time_and_tick(days=1)
    assert scene.consumers.attempts("note-lead") == [1]
    assert "delivery_not_recorded" in scene.log.events("WARNING")


def test_stopping_waits_for_deliveries_under_way(scene: Scene) -> None:
    scene.consumers.gate.clear()
    scene.publish("l1")
    scene.dispatcher.tick()
    wait_until(lambda: bool(scene.consumers.held), "note-lead is at work")
    threading.Timer(0.05, scene.consumers.gate.set).start()
    scene.dispatcher.drain(monotonic() + 120)
    assert scene.dispatcher.is_idle()
    assert scene.queue.counts(scene.clock.now() + timedelta(days=1)).pending == 0


def test_what_does_not_end_in_time_is_given_back(scene: Scene) -> None:
    scene.consumers.gate.clear()
    scene.publish("l1")
    scene.dispatcher.tick()
    wait_until(lambda: bool(scene.consumers.held), "note-lead is at work")
    scene.dispatcher.drain(monotonic())
    counts = scene.queue.counts(scene.clock.now())
    assert (counts.due_now, counts.leased) == (1, 0)
