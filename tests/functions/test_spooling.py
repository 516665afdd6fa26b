"""How long an edge function takes to keep a message that the bus does not take: amoCRM hangs up after two seconds."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property

import pytest

from leadloop import spool
from leadloop.adapters.memory_log import MemoryLog
from leadloop.adapters.memory_store import MemoryStore
from leadloop.adapters.pubsub_bus import PUBLISH_WAIT
from leadloop.messages import LeadRegistered, Message
from leadloop.ports.bus import PublishFailed
from leadloop.ports.store import Key, Store, Write
from leadloop.runtime import Runtime
from leadloop.spool import KEPT_WITHIN, NotKept, publish_or_spool
from support.settable_clock import SettableClock
from support.world import World

ANNOUNCED = LeadRegistered(event_id="event-1", lead_id="anna")


class StuckStore(MemoryStore):
    """A store that answers once it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()
        self.committed = threading.Event()

    def commit(self, batch: Sequence[Write]) -> None:
        self.released.wait()
        super().commit(batch)
        self.committed.set()


class ColdRuntime(Runtime):
    """An instance that has served nobody yet."""

    def __init__(self) -> None:
        super().__init__({})
        self.clock, self.log = SettableClock(), MemoryLog()
        self.opened = threading.Event()

    @cached_property
    def store(self) -> Store:
        self.opened.set()
        return MemoryStore()


def test_bus_and_spool_together_answer_before_amocrm_hangs_up() -> None:
    assert PUBLISH_WAIT + 0.5 < KEPT_WITHIN < 2


def test_a_store_that_does_not_answer_is_not_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "KEPT_WITHIN", 0.1)
    world.memory_bus.failing = True
    world.store = stuck = StuckStore()
    with pytest.raises(NotKept, match="expected the store's answer before the sender hangs up"):
        publish_or_spool(world.runtime, "leads", ANNOUNCED)
    assert world.log.events("WARNING") == []
    stuck.released.set()
    assert stuck.committed.wait(120)
    [kept] = stuck.get_many([Key("spool", "event-1")])
    assert kept is not None


def test_a_store_is_opened_beside_a_publish_that_takes_long() -> None:
    runtime = ColdRuntime()

    class SilentBus:
        def publish(self, topic: str, message: Message) -> str:
            assert runtime.opened.wait(120), "nobody opened the store meanwhile"
            raise PublishFailed("no answer")

    runtime.bus = SilentBus()
    assert publish_or_spool(runtime, "leads", ANNOUNCED) == "spool"
    assert runtime.store.get_many([Key("spool", "event-1")]) != [None]


def test_a_bus_that_answers_opens_no_store(world: World) -> None:
    runtime = ColdRuntime()
    runtime.bus = world.memory_bus
    assert publish_or_spool(runtime, "leads", ANNOUNCED) == "bus"
    assert not runtime.is_store_open


def test_publishes_share_the_thread_that_watches_over_them(world: World) -> None:
    watched = []

    class QuickBus:
        def publish(self, topic: str, message: Message) -> str:
            watched.append(frozenset(threading.enumerate()))
            return world.memory_bus.publish(topic, message)

    runtime = ColdRuntime()
    runtime.bus = QuickBus()
    before = frozenset(threading.enumerate())
    for _ in range(20):
        publish_or_spool(runtime, "leads", ANNOUNCED)
    assert len(frozenset().union(*watched) - before) < 10, "a thread for each publish costs as much as the answer"


def test_a_publish_that_takes_long_is_seen_after_others_that_did_not(world: World) -> None:
    runtime = ColdRuntime()

    class TiringBus:
        tired = False

        def publish(self, topic: str, message: Message) -> str:
            if self.tired:
                assert runtime.opened.wait(120), "nobody opened the store meanwhile"
                raise PublishFailed("no answer")
            return world.memory_bus.publish(topic, message)

    runtime.bus = bus = TiringBus()
    assert publish_or_spool(runtime, "leads", ANNOUNCED) == "bus"
    bus.tired = True
    assert publish_or_spool(runtime, "leads", ANNOUNCED) == "spool"


def test_what_goes_wrong_while_the_store_is_opened_beside_is_said_by_the_spool() -> None:
    class NoStore(ColdRuntime):
        @cached_property
        def store(self) -> Store:
            self.opened.set()
            raise ZeroDivisionError

    runtime = NoStore()

    class SilentBus:
        def publish(self, topic: str, message: Message) -> str:
            runtime.opened.wait(120)
            raise PublishFailed("no answer")

    runtime.bus = SilentBus()
    with pytest.raises(ZeroDivisionError):
        publish_or_spool(runtime, "leads", ANNOUNCED)
