"""The host sweeps out what has expired: at the start, then every hour of its clock, a batch a tick."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from leadloop import timestamps
from leadloop.adapters.memory_log import MemoryLog
from leadloop.adapters.memory_store import MemoryStore
from leadloop.ports.store import Create, Key, Query, StoreUnavailable
from leadloop_host.expiry import BATCH, EVERY, ExpiringStore, Expiry
from leadloop_host.ticking import Ticking
from support.settable_clock import SettableClock
from unit.host.host_driver import wait_until

SECOND = timedelta(seconds=1)


class LockedAtFirst:
    """A store that somebody else holds for so many calls."""

    def __init__(self, inner: MemoryStore, refusals: int) -> None:
        self.inner = inner
        self.refusals = refusals
        self.calls = 0

    def delete_expired(self, now: datetime, limit: int) -> int:
        self.calls += 1
        if self.calls <= self.refusals:
            raise StoreUnavailable("documents.db is locked")
        return self.inner.delete_expired(now, limit)


class Scene:
    def __init__(self, refusals: int = 0) -> None:
        self.clock, self.log, self.documents = SettableClock(), MemoryLog(), MemoryStore()
        self.store = LockedAtFirst(self.documents, refusals)
        self.expiry = Expiry(self.store, self.clock, self.log)

    def expire(self, count: int, name: str = "outcome") -> None:
        """Documents whose time has come just now."""
        now = timestamps.to_text(self.clock.now())
        for start in range(0, count, 100):
            ids = range(start, min(start + 100, count))
            self.documents.commit([Create(Key(name, str(number)), {"expires_at": now}) for number in ids])

    def left(self, name: str = "outcome") -> int:
        return self.documents.count(Query(name))

    def told(self) -> list[object]:
        return [entry.details["count"] for entry in self.log.entries if entry.event == "expired_documents_deleted"]


def test_it_sweeps_at_the_start_and_then_every_hour() -> None:
    scene = Scene()
    scene.expire(1)
    scene.expiry.tick()
    assert scene.left() == 0
    scene.expire(1)
    scene.clock.set(scene.clock.now() + EVERY - SECOND)
    scene.expiry.tick()
    assert (scene.left(), scene.store.calls) == (1, 1)
    scene.clock.set(scene.clock.now() + SECOND)
    scene.expiry.tick()
    assert (scene.left(), scene.told()) == (0, [1, 1])


def test_a_tick_deletes_one_batch_and_the_sweep_goes_on_until_nothing_is_left() -> None:
    scene = Scene()
    scene.expire(2 * BATCH + 1)
    left = []
    for _ in range(4):
        scene.expiry.tick()
        left.append(scene.left())
    assert left == [BATCH + 1, 1, 0, 0]
    assert (scene.store.calls, scene.told()) == (3, [2 * BATCH + 1])


def test_nothing_expired_is_not_worth_a_word() -> None:
    scene = Scene()
    scene.expiry.tick()
    assert scene.log.entries == []


def test_a_clock_set_back_does_not_stop_the_sweeps() -> None:
    scene = Scene()
    scene.clock.advance(days=1000)
    scene.expiry.tick()
    scene.clock.advance(days=-1000)
    scene.expire(1)
    scene.expiry.tick()
    assert scene.left() == 0


def test_a_store_that_refuses_is_swept_when_it_is_back() -> None:
    scene = Scene(refusals=1)
    scene.expire(1)
    with pytest.raises(StoreUnavailable):
        scene.expiry.tick()
    scene.expiry.tick()
    assert (scene.left(), scene.told()) == (0, [1])


def test_its_thread_outlives_a_store_that_refuses() -> None:
    scene = Scene(refusals=1)
    scene.expire(1)
    thread = Ticking("expiry", scene.expiry.tick, scene.log)
    thread.start()
    wait_until(lambda: scene.told() == [1], "the sweep is told of")
    thread.stop()
    assert scene.log.events("ERROR") == ["expiry_stalled"]


def test_a_store_that_deletes_by_itself_is_left_alone() -> None:
    assert isinstance(MemoryStore(), ExpiringStore)
    assert not isinstance(object(), ExpiringStore)
