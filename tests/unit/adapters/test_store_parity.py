"""Memory and SQLite give the same answers to anything: a test that passes in memory means something."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from contract.queries import (
    CONTRACT_QUERIES,
    visits_by_depth,
    visits_having,
    visits_of_source,
    visits_of_source_having,
    visits_where_depth,
    visits_with_depth,
)
from leadloop.adapters.memory_store import MemoryStore
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.ports.store import Create, Delete, Increment, Key, Query, Store, StoreError, Update, Write

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=3)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.integers(-2, 2) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXT
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.sampled_from("ab"), SCALARS, max_size=2)
VISITS = st.fixed_dictionaries(
    {},
    optional={
        "depth": VALUES,
        "goals": st.lists(SCALARS, max_size=3) | SCALARS,
        "source": st.fixed_dictionaries({"channel": st.sampled_from(["direct", "organic"])}) | SCALARS,
    },
)
KEYS = st.builds(Key, st.just("visit"), st.sampled_from(["a", "b", "ab", "ж", "🏡"]))
VERSIONS = st.integers(0, 6).map(str)
WRITES = (
    st.builds(Create, KEYS, VISITS)
    | st.builds(Update, KEYS, VISITS, VERSIONS)
    | st.builds(Delete, KEYS, st.none() | VERSIONS)
    | st.builds(Increment, KEYS, st.dictionaries(st.sampled_from(["n", "m.n", "depth"]), st.integers(-2, 2)), VISITS)
)
BATCHES = st.lists(st.lists(WRITES, min_size=1, max_size=5), max_size=6)
OPERATORS = st.sampled_from(["<", "<=", ">", ">="])
LIMITS = st.integers(1, 6)
QUERIES = (
    st.builds(visits_by_depth, LIMITS)
    | st.builds(lambda limit: Query("visit", limit=limit), LIMITS)
    | st.builds(visits_where_depth, OPERATORS, NUMBERS | TEXT, LIMITS)
    | st.builds(visits_with_depth, SCALARS)
    | st.builds(visits_having, SCALARS.filter(lambda member: member is not None), LIMITS)
    | st.builds(visits_of_source, st.sampled_from(["direct", "organic"]))
    | st.builds(visits_of_source_having, st.just("direct"), TEXT)
)


def outcome(store: Store, batch: list[Write]) -> str:
    try:
        store.commit(batch)
    except (StoreError, ValueError) as failure:
        return f"{type(failure).__name__}: {failure}"
    return "done"


def answers(store: Store, query: Query) -> list[object]:
    pages: list[object] = [store.count(query)]
    cursor = None
    while True:
        page = store.query(query, cursor)
        pages.append([(document.key, document.fields, document.version) for document in page.documents])
        cursor = page.cursor
        pages.append(cursor)
        if cursor is None:
            return pages


@given(batches=BATCHES, asked=st.lists(QUERIES, min_size=3, max_size=8))
def test_the_same_writes_and_queries_have_the_same_outcome(batches: list[list[Write]], asked: list[Query]) -> None:
    memory = MemoryStore()
    with tempfile.TemporaryDirectory() as folder:
        sqlite = SqliteStore(Path(folder) / "documents.db", CONTRACT_QUERIES)
        for batch in batches:
            assert outcome(sqlite, batch) == outcome(memory, batch)
        keys = [Key("visit", name) for name in ("a", "b", "ab", "ж", "🏡")]
        assert sqlite.get_many(keys) == memory.get_many(keys)
        for query in asked:
            assert answers(sqlite, query) == answers(memory, query)
        assert vars(sqlite.usage) == vars(memory.usage)
        sqlite.close()
