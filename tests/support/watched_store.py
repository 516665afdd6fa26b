"""A store over whose writes somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from leadloop.ports.store import Document, Key, Page, Query, Store, Usage, Write


class WatchedStore:
    """A ``Store`` that shows every batch of writes before it is committed, whether or not it then is."""

    def __init__(self, store: Store, watch: Callable[[Sequence[Write]], object]) -> None:
        self.usage: Usage = store.usage
        self._store = store
        self._watch = watch

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        return self._store.get_many(keys)

    def commit(self, writes: Sequence[Write]) -> None:
        self._watch(writes)
        self._store.commit(writes)

    def query(self, query: Query, cursor: str | None = None) -> Page:
        return self._store.query(query, cursor)

    def count(self, query: Query) -> int:
        return self._store.count(query)
