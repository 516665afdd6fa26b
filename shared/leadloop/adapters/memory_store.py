"""Documents in memory, as strict as a store on disk: for unit tests and simulations."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from leadloop import timestamps
from leadloop.adapters import query_rules, writes
from leadloop.adapters.document_size import document_size
from leadloop.json_types import JsonObject
from leadloop.ports.store import (
    Create,
    Delete,
    Document,
    Increment,
    Key,
    Page,
    Query,
    Update,
    Usage,
    Write,
)


class _Resting(NamedTuple):
    """A document at rest: text, so that nothing outside can reach into it."""

    version: int
    text: str
    fields: JsonObject
    """Read from the text once, for matching only; never handed out."""


class MemoryStore:
    """A ``Store`` that forgets with the process; safe for threads."""

    def __init__(self) -> None:
        self.usage = Usage()
        self._documents: dict[str, dict[str, _Resting]] = {}
        self._version = 0
        self._lock = threading.Lock()

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        """See ``Store``."""
        for key in keys:
            document_size(key, {})
        with self._lock:
            self.usage.reads += len(set(keys))
            found = [self._documents.get(key.collection, {}).get(key.id) for key in keys]
        return [resting and _document(key, resting) for key, resting in zip(keys, found, strict=True)]

    def commit(self, batch: Sequence[Write]) -> None:
        """See ``Store``."""
        writes.check(batch)
        with self._lock:
            version = self._version + 1
            after = [(write.key, self._after(write, version)) for write in batch]
            for key, resting in after:
                if resting is None:
                    self._documents.get(key.collection, {}).pop(key.id, None)
                else:
                    self._documents.setdefault(key.collection, {})[key.id] = resting
            self._version = version
            self.usage.writes += len(batch)

    def _after(self, write: Write, version: int) -> _Resting | None:
        before = self._documents.get(write.key.collection, {}).get(write.key.id)
        writes.check_precondition(write, before.version if before else None)
        match write:
            case Create() | Update():
                return _rest(version, write.fields)
            case Increment():
                return _rest(version, writes.incremented(write, json.loads(before.text) if before else None))
            case Delete():
                return None

    def delete_expired(self, now: datetime, limit: int) -> int:
        """See ``SqliteStore.delete_expired``."""
        instant = timestamps.to_text(now)
        with self._lock:
            expired = sorted(
                (expires_at, collection, document_id)
                for collection, documents in self._documents.items()
                for document_id, resting in documents.items()
                if isinstance(expires_at := resting.fields.get("expires_at"), str) and expires_at <= instant
            )[:limit]
            for _, collection, document_id in expired:
                del self._documents[collection][document_id]
            self.usage.writes += len(expired)
        return len(expired)

    def query(self, query: Query, cursor: str | None = None) -> Page:
        """See ``Store``."""
        shape = query_rules.shape_of(query)
        after = None if cursor is None else query_rules.read_cursor(shape, cursor)
        places = sorted((place, resting) for place, resting in self._matching(shape) if after is None or place > after)[
            : query.limit + 1
        ]
        documents = [_document(Key(query.collection, place.id), resting) for place, resting in places]
        with self._lock:
            self.usage.reads += max(1, len(documents))
        page = tuple(documents[: query.limit])
        return Page(page, query_rules.write_cursor(shape, page[-1]) if len(documents) > query.limit else None)

    def count(self, query: Query) -> int:
        """See ``Store``."""
        number = len(self._matching(query_rules.shape_of(query)))
        with self._lock:
            self.usage.reads += max(1, -(-number // 1000))
        return number

    def _matching(self, shape: query_rules.Shape) -> list[tuple[query_rules.Position, _Resting]]:
        with self._lock:
            resting = list(self._documents.get(shape.collection, {}).items())
        return [
            (query_rules.position(shape, document_id, document.fields), document)
            for document_id, document in resting
            if query_rules.matches(shape, document.fields)
        ]


def _rest(version: int, fields: JsonObject) -> _Resting:
    text = json.dumps(fields, ensure_ascii=False)
    return _Resting(version, text, json.loads(text))


def _document(key: Key, resting: _Resting) -> Document:
    return Document(key, json.loads(resting.text), str(resting.version))
