"""Documents past their ``expires_at`` leave, in bounded batches, and no other document does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from contract.other_process import holding_the_lock
from leadloop import timestamps
from leadloop.adapters import sqlite_store
from leadloop.adapters.memory_store import MemoryStore
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.json_types import Json
from leadloop.ports.store import Create, Key, PreconditionFailed, Query, StoreUnavailable, Update
from leadloop.queries import leads_with_weak_id
from support.settable_clock import MORNING

MOMENT = timedelta(microseconds=1)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MemoryStore | SqliteStore]:
    if request.param == "memory":
        yield MemoryStore()
        return
    opened = SqliteStore(tmp_path / "documents.db", busy_seconds=0.1)
    yield opened
    opened.close()


def outcome(number: int, expires_at: Json) -> Create:
    return Create(Key("outcome", str(number)), {"expires_at": expires_at})


def left(store: MemoryStore | SqliteStore, collection: str = "outcome") -> list[str]:
    return [document.key.id for document in store.query(Query(collection)).documents]


def test_a_document_leaves_when_its_time_has_come_and_not_before(store: MemoryStore | SqliteStore) -> None:
    store.commit([outcome(1, timestamps.to_text(MORNING))])
    assert (store.delete_expired(MORNING - MOMENT, 10), left(store)) == (0, ["1"])
    assert (store.delete_expired(MORNING, 10), left(store)) == (1, [])
    assert store.delete_expired(MORNING, 10) == 0


def test_the_longest_expired_leave_first_and_no_more_than_asked(store: MemoryStore | SqliteStore) -> None:
    store.commit([outcome(day, timestamps.to_text(MORNING - timedelta(days=day))) for day in range(5)])
    writes = store.usage.writes
    assert (store.delete_expired(MORNING, 3), left(store)) == (3, ["0", "1"])
    assert (store.delete_expired(MORNING, 3), left(store)) == (2, [])
    assert store.usage.writes - writes == 5


def test_a_document_without_such_a_time_stays(store: MemoryStore | SqliteStore) -> None:
    times: list[Json] = [None, 0, "9", True, [timestamps.to_text(MORNING)], {"expires_at": timestamps.to_text(MORNING)}]
    store.commit([outcome(number, time) for number, time in enumerate(times)])
    store.commit([Create(Key("lead", "anna"), {"occurred_at": timestamps.to_text(MORNING)})])
    assert store.delete_expired(MORNING, 10) == 0
    assert (len(left(store)), left(store, "lead")) == (len(times), ["anna"])


def test_it_leaves_nothing_behind_for_queries_or_writers(store: MemoryStore | SqliteStore) -> None:
    lead = Create(Key("lead", "anna"), {"expires_at": timestamps.to_text(MORNING), "weak_ids": ["client_id:17"]})
    store.commit([lead])
    [read] = store.get_many([lead.key])
    assert read is not None
    assert store.delete_expired(MORNING, 10) == 1
    assert store.count(leads_with_weak_id("client_id:17")) == 0
    store.commit([Create(lead.key, {})])
    with pytest.raises(PreconditionFailed):
        store.commit([Update(lead.key, {}, read.version)])


def test_what_got_more_time_meanwhile_stays(store: MemoryStore | SqliteStore) -> None:
    store.commit([outcome(1, timestamps.to_text(MORNING))])
    [read] = store.get_many([Key("outcome", "1")])
    assert read is not None
    store.commit([Update(read.key, {"expires_at": timestamps.to_text(MORNING + MOMENT)}, read.version)])
    assert (store.delete_expired(MORNING, 10), left(store)) == (0, ["1"])


class TestOnDisk:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "documents.db"

    def test_what_has_expired_is_found_by_an_index(self, path: Path) -> None:
        store = SqliteStore(path)
        with store._file.reading() as connection:
            plan = connection.execute(f"EXPLAIN QUERY PLAN {sqlite_store._EXPIRED}", ("9", 10)).fetchall()
        store.close()
        assert [row[3] for row in plan] == ["SEARCH documents USING INDEX documents_by_expiry (<expr><?)"]

    def test_a_database_made_before_gets_the_index_when_opened(self, path: Path) -> None:
        store = SqliteStore(path)
        store.commit([outcome(1, timestamps.to_text(MORNING))])
        with store._file.writing() as connection:
            connection.execute("DROP INDEX documents_by_expiry")
        store.close()
        opened = SqliteStore(path)
        assert opened.delete_expired(MORNING, 10) == 1
        opened.close()

    def test_a_store_that_is_locked_says_so_and_keeps_all(self, path: Path) -> None:
        store = SqliteStore(path, busy_seconds=0.1)
        store.commit([outcome(1, timestamps.to_text(MORNING))])
        with holding_the_lock(path), pytest.raises(StoreUnavailable, match="is locked"):
            store.delete_expired(MORNING, 10)
        assert left(store) == ["1"]
        assert store.delete_expired(MORNING, 10) == 1
        store.close()
