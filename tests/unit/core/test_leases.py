"""One worker at a time, whatever crashes, races, or the clock does."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from leadloop.adapters.memory_store import MemoryStore
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.leases import LeaseHeld, lease
from leadloop.ports.store import Document, Key, Store, Update, Write
from support.settable_clock import SettableClock


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def is_free(store: Store, clock: SettableClock) -> bool:
    try:
        with lease(store, clock, "reader", "somebody-else", 60):
            return True
    except LeaseHeld:
        return False


def test_a_lease_is_held_for_the_block_and_given_back(store: MemoryStore, clock: SettableClock) -> None:
    with lease(store, clock, "reader", "olga", 60):
        assert not is_free(store, clock)
        with lease(store, clock, "uploader", "olga", 60):
            pass
    assert is_free(store, clock)


def test_the_refused_learn_until_when(store: MemoryStore, clock: SettableClock) -> None:
    with (
        lease(store, clock, "reader", "olga", 60),
        pytest.raises(LeaseHeld) as refused,
        lease(store, clock, "reader", "pavel", 60),
    ):
        raise AssertionError("two at once")
    assert (refused.value.name, refused.value.until) == ("reader", "2026-09-01T09:01:00.000000Z")
    assert str(refused.value) == "reader is leased until 2026-09-01T09:01:00.000000Z"


def test_a_lease_is_given_back_when_the_work_fails(store: MemoryStore, clock: SettableClock) -> None:
    with pytest.raises(ZeroDivisionError), lease(store, clock, "reader", "olga", 60):
        raise ZeroDivisionError
    assert is_free(store, clock)


def test_a_crashed_holders_lease_ends_by_time_and_not_before(store: MemoryStore, clock: SettableClock) -> None:
    crashed = lease(store, clock, "reader", "olga", 60)
    crashed.__enter__()
    clock.advance(seconds=59.999)
    assert not is_free(store, clock)
    clock.advance(seconds=0.001)
    assert is_free(store, clock)


def test_who_overran_gives_back_nothing_of_the_next_holders(store: MemoryStore, clock: SettableClock) -> None:
    slow = lease(store, clock, "reader", "olga", 60)
    slow.__enter__()
    clock.advance(seconds=61)
    with lease(store, clock, "reader", "pavel", 60):
        slow.__exit__(None, None, None)
        assert not is_free(store, clock)
    assert is_free(store, clock)


def test_a_clock_set_back_keeps_the_lease_until_its_own_end(store: MemoryStore, clock: SettableClock) -> None:
    """Longer than meant, never shorter: the holder may well be alive."""
    crashed = lease(store, clock, "reader", "olga", 60)
    crashed.__enter__()
    clock.advance(hours=-5)
    assert not is_free(store, clock)
    clock.advance(hours=5, seconds=60)
    assert is_free(store, clock)


def test_a_lease_given_back_under_a_clock_set_back_is_free_at_once(store: MemoryStore, clock: SettableClock) -> None:
    with lease(store, clock, "reader", "olga", 60):
        clock.advance(hours=-5)
    assert is_free(store, clock)


def test_a_lease_given_back_while_the_clock_ran_ahead_is_free_when_it_is_right(
    store: MemoryStore, clock: SettableClock
) -> None:
    clock.advance(days=40)
    with lease(store, clock, "reader", "olga", 60):
        pass
    clock.advance(days=-40)
    assert is_free(store, clock)


class StoreWithARival(MemoryStore):
    """Just before a commit somebody else writes the same lease."""

    def __init__(self) -> None:
        super().__init__()
        self.rival: Update | None = None

    def commit(self, writes: Sequence[Write]) -> None:
        rival, self.rival = self.rival, None
        if rival is not None:
            super().commit([rival])
        super().commit(writes)


def resting(store: Store) -> Document:
    [document] = store.get_many([Key("lease", "reader")])
    assert document is not None
    return document


def test_who_comes_second_in_a_race_is_refused(clock: SettableClock) -> None:
    store = StoreWithARival()
    with lease(store, clock, "reader", "olga", 60):
        pass
    free = resting(store)
    store.rival = Update(free.key, {"owner": "pavel", "until": "2026-09-01T09:01:00.000000Z"}, free.version)
    with pytest.raises(LeaseHeld), lease(store, clock, "reader", "olga", 60):
        raise AssertionError("two at once")
    assert resting(store).fields["owner"] == "pavel"


def test_a_lease_taken_in_the_moment_of_giving_back_stays_taken(clock: SettableClock) -> None:
    store = StoreWithARival()
    with lease(store, clock, "reader", "olga", 60):
        held = resting(store)
        store.rival = Update(held.key, {"owner": "pavel", "until": "2026-09-01T09:05:00.000000Z"}, held.version)
    assert resting(store).fields["owner"] == "pavel"


def test_of_many_threads_one_gets_in(tmp_path: Path, clock: SettableClock) -> None:
    store = SqliteStore(tmp_path / "documents.db")
    crowd, taken = 8, threading.Barrier(9)
    entered: list[str] = []
    refused: list[str] = []

    def come(who: str) -> None:
        taken.wait()
        try:
            with lease(store, clock, "reader", who, 60):
                entered.append(who)
                gone.wait(120)
        except LeaseHeld:
            refused.append(who)
            if len(refused) == crowd - 1:
                gone.set()

    gone = threading.Event()
    threads = [threading.Thread(target=come, args=(f"worker-{number}",), daemon=True) for number in range(crowd)]
    for thread in threads:
        thread.start()
    taken.wait()
    for thread in threads:
        thread.join(120)
    assert (len(entered), len(refused)) == (1, crowd - 1)
    assert is_free(store, clock)
