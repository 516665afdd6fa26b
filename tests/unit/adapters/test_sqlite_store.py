"""The SQLite store beyond the contract: power loss, damage, full disks, several processes, indexes."""

from __future__ import annotations

import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.other_process import holding_the_lock
from leadloop import queries
from leadloop.adapters import query_rules, sqlite_queries
from leadloop.adapters.sqlite_errors import StoreDamaged, StoreReplaced, StoreTooNew
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.json_types import JsonObject
from leadloop.ports.store import Create, Document, Increment, Key, Query, Store, StoreUnavailable, Update

ANNA = Key("lead", "anna")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "documents.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    one = SqliteStore(path)
    yield one
    one.close()


def the(store: Store, key: Key) -> Document:
    [document] = store.get_many([key])
    assert document is not None
    return document


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


COMMIT_FOR_EVER = """
import sys
from pathlib import Path
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.ports.store import Create, Increment, Key
store = SqliteStore(Path(sys.argv[1]))
number = 0
while True:
    lead = Create(Key("lead", f"lead-{number}"), {"weak_ids": [f"client_id:{number}"]})
    store.commit([lead, Increment(Key("daily_total", "day"), {"leads": 1})])
    print(number, flush=True)
    number += 1
"""


def test_what_was_committed_survives_a_kill_and_nothing_is_half_there(path: Path) -> None:
    with subprocess.Popen(python(COMMIT_FOR_EVER, str(path)), stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for _ in range(200):
            last = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        last = max([last, *map(int, writer.stdout.read().split())])
    store = SqliteStore(path)
    keys = [Key("lead", f"lead-{number}") for number in range(last + 1)]
    assert all(store.get_many(keys))
    assert the(store, Key("daily_total", "day")).fields["leads"] == store.count(Query("lead"))
    assert store.count(Query("lead")) in {last + 1, last + 2}  # one more if killed between commit and print
    assert store.count(queries.leads_with_weak_id(f"client_id:{last}")) == 1
    store.close()


def test_a_commit_waits_for_the_disk(store: SqliteStore) -> None:
    with store._file.reading() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL: the log is synced at every commit


def test_the_file_is_its_owners_alone(store: SqliteStore, path: Path) -> None:
    store.commit([Create(ANNA, {})])
    files = list(path.parent.iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert len(files) == 3  # the database, its log, its index of the log


COUNT_TO_100 = """
import sys
from pathlib import Path
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.ports.store import Create, Increment, Key, PreconditionFailed
store = SqliteStore(Path(sys.argv[1]))
sys.stdin.readline()
won = 0
for number in range(100):
    store.commit([Increment(Key("daily_total", "day"), {"leads": 1})])
    try:
        store.commit([Create(Key("lease", str(number)), {})])
        won += 1
    except PreconditionFailed:
        pass
print(won)
"""


def test_processes_that_open_and_write_at_once_lose_nothing(path: Path) -> None:
    workers = [
        subprocess.Popen(python(COUNT_TO_100, str(path)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    won = [int(worker.communicate()[0]) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert sum(won) == 100
    store = SqliteStore(path)
    assert the(store, Key("daily_total", "day")).fields == {"leads": 300}
    store.close()


def test_a_lock_held_too_long_is_said_and_nothing_is_written(path: Path) -> None:
    store = SqliteStore(path, busy_seconds=0.1)
    store.commit([Create(ANNA, {"n": 1})])
    with holding_the_lock(path):
        with pytest.raises(StoreUnavailable, match=r"documents\.db is locked.*try again"):
            store.commit([Increment(ANNA, {"n": 1})])
        assert the(store, ANNA).fields == {"n": 1}  # reading goes on
        with pytest.raises(StoreUnavailable, match="is locked"):
            SqliteStore(path, busy_seconds=0.1)
    store.commit([Increment(ANNA, {"n": 1})])
    assert the(store, ANNA).fields == {"n": 2}
    store.close()


def test_a_full_disk_is_said_and_the_store_works_again_when_there_is_room(store: SqliteStore) -> None:
    store.commit([Create(ANNA, {"n": 1})])
    with store._file.reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreUnavailable, match=r"the disk is full.*free space"):
        store.commit([Increment(ANNA, {"n": 1}), Create(Key("lead", "boris"), {"text": "x" * 100_000})])
    assert the(store, ANNA).fields == {"n": 1}
    store.commit([Increment(ANNA, {"n": 1}), Create(Key("lead", "boris"), {"text": "x" * 100_000})])
    assert the(store, ANNA).fields == {"n": 2}


WRITE_UNTIL_REFUSED = """
import resource, sys
from pathlib import Path
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.ports.store import Create, Key, StoreUnavailable
store = SqliteStore(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
try:
    for number in range(1000):
        store.commit([Create(Key("lead", str(number)), {"text": "x" * 10_000})])
except StoreUnavailable as error:
    print(number, error)
"""


def test_what_the_system_refuses_to_write_is_said_and_what_was_committed_stays(path: Path) -> None:
    done = subprocess.run(python(WRITE_UNTIL_REFUSED, str(path)), capture_output=True, text=True, check=True)
    number, _, said = done.stdout.partition(" ")
    assert "nothing is known to be written" in said or "nothing was written" in said
    assert "documents.db" in said
    assert str(path.parent) not in said
    store = SqliteStore(path)
    assert all(store.get_many([Key("lead", str(known)) for known in range(int(number))]))
    store.close()


def fill(path: Path) -> None:
    store = SqliteStore(path)
    store.commit([Create(Key("lead", str(number)), {"text": "x" * 500}) for number in range(500)])
    store.close()
    assert not path.with_name("documents.db-wal").exists()


def overwrite(path: Path, offset: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(content)


@pytest.mark.parametrize("offset", [0, 100, 4096, 40_960], ids=["header", "schema", "second page", "a page within"])
def test_damage_is_found_on_opening_and_says_what_to_do(path: Path, offset: int) -> None:
    fill(path)
    overwrite(path, offset, b"\xde\xad\xbe\xef" * 1024)
    with pytest.raises(StoreDamaged, match="restore the latest backup") as found:
        SqliteStore(path)
    assert str(found.value).startswith("documents.db is damaged")
    assert str(path.parent) not in str(found.value)


def test_damage_that_comes_while_running_is_said_too(path: Path) -> None:
    store = SqliteStore(path)
    lease = Key("lease", "sync-crm")
    store.commit([Create(ANNA, {"occurred_at": "2026-09-01", "text": "hello"}), Create(lease, {"text": "hello"})])
    store.close()
    content = path.read_bytes()
    assert content.count(b'"hello"') == 2
    path.write_bytes(content.replace(b'"hello"', b'"hello,'))
    store = SqliteStore(path)  # SQLite sees no harm: the pages are in order
    for key in (ANNA, lease):
        with pytest.raises(StoreDamaged, match=f"{key.collection}/{key.id} is not JSON"):
            store.get_many([key])
    with pytest.raises(StoreDamaged, match="restore the latest backup"):
        store.query(Query("lead", order_by="text"))
    store.close()


def test_another_file_in_the_stores_place_is_left_as_it_is(path: Path) -> None:
    path.write_text("Дорогой дневник!\n" * 100)
    with pytest.raises(StoreDamaged, match="not an SQLite database"):
        SqliteStore(path)
    assert path.read_text().startswith("Дорогой дневник!")


def test_a_truncated_file_is_damaged(path: Path) -> None:
    fill(path)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with pytest.raises(StoreDamaged):
        SqliteStore(path)


def test_a_file_of_a_newer_version_is_left_alone(path: Path) -> None:
    fill(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE schema_version SET version = version + 1")
    connection.close()
    with pytest.raises(StoreTooNew, match=r"has schema 2: expected at most 1.*install that version"):
        SqliteStore(path)


def test_messages_in_the_place_of_documents_are_told_apart(path: Path) -> None:
    fill(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE schema_version SET kind = 'messages'")
    connection.close()
    with pytest.raises(StoreDamaged, match="a database of messages in the place of documents"):
        SqliteStore(path)


def test_a_place_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"documents\.db cannot be opened.*check the path"):
        SqliteStore(tmp_path / "nowhere" / "documents.db")
    (tmp_path / "documents.db").mkdir()
    with pytest.raises(StoreUnavailable, match=r"documents\.db cannot be opened"):
        SqliteStore(tmp_path / "documents.db")


def cursor_for(query: Query) -> str:
    shape = query_rules.shape_of(query)
    fields = {shape.order: "2026-09-01T09:00:00.000000Z"} if shape.order else {}
    return query_rules.write_cursor(shape, Document(Key(query.collection, "x"), {**fields}, "1"))


@pytest.mark.parametrize("query", queries.EVERY_QUERY, ids=lambda query: f"{query.collection} {query.order_by}")
def test_no_declared_query_reads_more_than_it_gives(store: SqliteStore, query: Query) -> None:
    """Each is a search in an index that is already in order: no scan, no sorting."""
    indexes = sqlite_queries.indexes(queries.EVERY_QUERY)
    statements = [
        sqlite_queries.page(query, None, indexes),
        sqlite_queries.page(query, cursor_for(query), indexes),
        sqlite_queries.count(query, indexes),
    ]
    for statement in statements:
        with store._file.reading() as connection:
            plan = connection.execute(f"EXPLAIN QUERY PLAN {statement.sql}", statement.values).fetchall()
        steps = [step[3] for step in plan]
        assert steps
        assert all(step.startswith("SEARCH ") and " USING " in step for step in steps), steps


def test_a_query_declared_later_finds_what_was_written_before(path: Path) -> None:
    old = SqliteStore(path, queries=())
    lead: JsonObject = {"weak_ids": ["client_id:17"], "submission_id": "s1"}
    old.commit([Create(ANNA, lead), Create(Key("lead", "boris"), {})])
    with pytest.raises(ValueError, match="array_contains on lead weak_ids is not declared"):
        old.query(queries.leads_with_weak_id("client_id:17"))
    old.close()
    new = SqliteStore(path)
    assert [document.key for document in new.query(queries.leads_with_weak_id("client_id:17")).documents] == [ANNA]
    assert [document.key for document in new.query(queries.leads_of_submission("s1")).documents] == [ANNA]
    new.close()
    again = SqliteStore(path, queries=())
    again.commit([Update(ANNA, {"weak_ids": ["client_id:18"]}, the(again, ANNA).version)])
    again.close()
    newest = SqliteStore(path)
    assert newest.query(queries.leads_with_weak_id("client_id:17")).documents == ()
    assert [document.key for document in newest.query(queries.leads_with_weak_id("client_id:18")).documents] == [ANNA]
    newest.close()


@pytest.mark.parametrize(
    ("amounts", "fields"),
    [
        ({"name": 1}, {}),
        ({"name.first": 1}, {}),
        ({"spent": 1}, {}),
        ({"sold": 1}, {}),
        ({"n": 2**63 - 1}, {}),
        ({"a": 1, "a.b": 1}, {}),
        ({"day": 1}, {"day": "2026-09-01"}),
        ({"a..b": 1}, {}),
        ({"a": 1.5}, {}),
        ({"a": True}, {}),
    ],
    ids=str,
)
def test_only_integers_at_sound_paths_are_counted_up(
    store: SqliteStore, amounts: dict[str, int], fields: JsonObject
) -> None:
    before: JsonObject = {"name": "Анна", "spent": 1.5, "sold": True, "n": 1}
    store.commit([Create(ANNA, before)])
    with pytest.raises(ValueError, match=r"counter|increment|64 bits"):
        store.commit([Increment(ANNA, amounts, fields)])
    assert the(store, ANNA).fields == before


@pytest.mark.parametrize("exchanged", [False, True])
def test_a_file_deleted_or_exchanged_while_open_is_neither_written_nor_read(
    store: SqliteStore, path: Path, exchanged: bool
) -> None:
    store.commit([Create(ANNA, {"stage": "new"})])
    path.rename(path.with_suffix(".aside"))
    if exchanged:
        path.touch()
    with pytest.raises(StoreReplaced, match="nothing was written; put the right file back"):
        store.commit([Create(Key("lead", "boris"), {})])
    with pytest.raises(StoreReplaced):
        store.get_many([ANNA])
    path.with_suffix(".aside").replace(path)
    assert the(store, ANNA).fields == {"stage": "new"}
