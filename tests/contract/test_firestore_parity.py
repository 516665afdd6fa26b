"""Firestore gives the answers that memory gives: a test that passes in memory means something in the cloud.

Left out is where Firestore is known to differ: the order of booleans, lists and maps, and increments of no counter.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from contract.firestore import firestore_store
from contract.queries import (
    visits_by_depth,
    visits_having,
    visits_of_source,
    visits_of_source_having,
    visits_where_depth,
    visits_with_depth,
)
from leadloop.adapters.memory_store import MemoryStore
from leadloop.ports.store import (
    Create,
    Delete,
    Increment,
    Key,
    PreconditionFailed,
    Query,
    Store,
    StoreError,
    Update,
    Write,
)

IDS = ["a", "b", "ab", "ж", "🏡"]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.integers(-2, 2) | st.floats(allow_nan=False, allow_infinity=False)
ORDERED = st.none() | NUMBERS | TEXT
SCALARS = ORDERED | st.booleans()
VISITS = st.fixed_dictionaries(
    {},
    optional={
        "depth": ORDERED,
        "goals": st.lists(SCALARS, max_size=3) | SCALARS,
        "source": st.fixed_dictionaries({"channel": st.sampled_from(["direct", "organic"])}) | SCALARS,
        "по ле`": st.lists(SCALARS, max_size=2)
        | st.dictionaries(TEXT.filter(lambda name: name not in ("", "__")), SCALARS, max_size=2),
    },
)
KEYS = st.builds(Key, st.just("visit"), st.sampled_from(IDS))
COMMITS = st.integers(0, 6).map(str)
COUNTERS = st.dictionaries(st.sampled_from(["n", "m.n", "m.о п", "m.k.`", "-"]), st.integers(-2, 2))
WRITES = (
    st.builds(Create, KEYS, VISITS)
    | st.builds(Update, KEYS, VISITS, COMMITS)
    | st.builds(Delete, KEYS, st.none() | COMMITS)
    | st.builds(Increment, KEYS, COUNTERS, VISITS)
)
BATCHES = st.lists(st.lists(WRITES, min_size=1, max_size=5), max_size=6)
LIMITS = st.integers(1, 6)
QUERIES = (
    st.builds(visits_by_depth, LIMITS)
    | st.builds(lambda limit: Query("visit", limit=limit), LIMITS)
    | st.builds(visits_where_depth, st.sampled_from(["<", "<=", ">", ">="]), NUMBERS | TEXT, LIMITS)
    | st.builds(visits_with_depth, SCALARS)
    | st.builds(visits_having, NUMBERS | TEXT | st.booleans(), LIMITS)
    | st.builds(visits_of_source, st.sampled_from(["direct", "organic"]))
    | st.builds(visits_of_source_having, st.just("direct"), TEXT)
)


class Play:
    """One store, and which version each document got by which commit: each store has versions of its own."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.versions: list[dict[Key, str]] = [{}]

    def commit(self, batch: list[Write]) -> str:
        try:
            self.store.commit([self._translated(write) for write in batch])
        except PreconditionFailed as failure:
            return f"{failure.key} {'no document' in failure.expected} {'no document' in failure.found}"
        except (StoreError, ValueError) as failure:
            return f"{type(failure).__name__}: {failure}"
        found = self.store.get_many([Key("visit", name) for name in IDS])
        self.versions.append({document.key: document.version for document in found if document})
        return "done"

    def _translated(self, write: Write) -> Write:
        if not isinstance(write, Update | Delete) or write.version is None:
            return write
        known = self.versions[int(write.version)] if int(write.version) < len(self.versions) else {}
        return write._replace(version=known.get(write.key, "never"))

    def answers(self, query: Query) -> Iterator[object]:
        yield self.store.count(query)
        cursor = None
        while True:
            page = self.store.query(query, cursor)
            yield [(document.key, document.fields) for document in page.documents]
            cursor = page.cursor
            if cursor is None:
                return


@pytest.fixture
def firestore(tmp_path: Path) -> Iterator[Store]:
    with firestore_store(tmp_path) as store:
        yield store


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(batches=BATCHES, asked=st.lists(QUERIES, min_size=3, max_size=6))
def test_the_same_writes_and_queries_have_the_same_outcome(
    firestore: Store, batches: list[list[Write]], asked: list[Query]
) -> None:
    firestore.commit([Delete(Key("visit", name)) for name in IDS])
    cloud, memory = Play(firestore), Play(MemoryStore())
    for batch in batches:
        assert cloud.commit(batch) == memory.commit(batch)
    for query in asked:
        assert list(cloud.answers(query)) == list(memory.answers(query))
