"""What came back to zero leaves the totals, and nothing that is counted meanwhile is lost."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from leadloop.adapters.memory_store import MemoryStore
from leadloop.json_types import JsonObject
from leadloop.leads.clearing import clear_totals
from leadloop.leads.totals import increments
from leadloop.ports.store import Increment, Query, Write

VK, NONE = "2026-09-01--vk", "2026-09-01--none"


class Busy(MemoryStore):
    """A store in which others count something just before each of the first commits of a total."""

    def __init__(self, *others: Write) -> None:
        super().__init__()
        self.others = list(others)

    def commit(self, batch: Sequence[Write]) -> None:
        is_clearing = any(not isinstance(write, Increment) for write in batch)
        if is_clearing and self.others:
            super().commit([self.others.pop(0)])
        super().commit(batch)


def count(store: MemoryStore, *changes: tuple[dict[str, dict[str, int]], dict[str, dict[str, int]]]) -> None:
    for before, after in changes:
        store.commit(increments(before, after))


def totals(store: MemoryStore) -> dict[str, JsonObject]:
    return {one.key.id: one.fields for one in store.query(Query("daily_total")).documents}


def test_a_total_that_nobody_is_left_in_goes() -> None:
    store = MemoryStore()
    count(store, ({}, {NONE: {"leads": 1}}), ({NONE: {"leads": 1}}, {VK: {"leads": 1}}))
    assert totals(store)[NONE]["leads"] == 0
    assert clear_totals(store, most=9).totals == 1
    assert totals(store) == {VK: {"day": "2026-09-01", "source": "vk", "leads": 1}}


def test_counters_of_zero_go_and_the_others_stay() -> None:
    store = MemoryStore()
    pending, good = {"leads": 1, "quality.pending": 1}, {"leads": 1, "quality.qualified": 1}
    lost = {"leads": 1, "reasons.price": 1, "stages.sold": 1}
    count(store, ({}, {VK: pending}), ({VK: pending}, {VK: lost}), ({VK: lost}, {VK: good}))
    clear_totals(store, most=9)
    assert totals(store) == {VK: {"day": "2026-09-01", "source": "vk", "leads": 1, "quality": {"qualified": 1}}}


def test_once_cleared_a_total_is_not_looked_at_again() -> None:
    store = MemoryStore()
    two, one = {VK: {"leads": 2}}, {VK: {"leads": 1}}
    count(store, ({}, two), (two, one))
    clear_totals(store, most=9)
    before = totals(store), store.usage.writes
    reads = store.usage.reads
    assert clear_totals(store, most=9).totals == 0
    assert store.usage.reads - reads == 1
    assert (totals(store), store.usage.writes) == before


@pytest.mark.parametrize(("left", "meanwhile"), [(0, 1), (1, 1), (1, -1)])
def test_what_is_counted_at_the_same_moment_is_not_lost(left: int, meanwhile: int) -> None:
    """Others count between its reading and its writing: it reads again."""
    before, after = ({}, {VK: {"leads": 1}}) if meanwhile > 0 else ({VK: {"leads": 1}}, {})
    store = Busy(*increments(before, after))
    count(store, ({}, {VK: {"leads": left + 3}}), ({VK: {"leads": 3}}, {}))
    clear_totals(store, most=9)
    assert store.others == [], "nobody came between"
    counted = left + meanwhile
    assert totals(store) == ({VK: {"day": "2026-09-01", "source": "vk", "leads": counted}} if counted else {})


def test_a_run_is_bounded_and_the_next_one_goes_on() -> None:
    store = MemoryStore()
    names = [f"2026-09-0{day}--vk" for day in range(1, 6)]
    for name in names:
        count(store, ({}, {name: {"leads": 1}}), ({name: {"leads": 1}}, {}))
    runs = [clear_totals(store, most=2) for _ in range(3)]
    assert [(run.totals, run.complete) for run in runs] == [(2, False), (2, False), (1, True)]
    assert totals(store) == {}
