"""Documents: read many, commit atomically under preconditions, query by declared shapes.

Work is optimistic: read, decide in pure code, commit with preconditions, on conflict read again.
There are no transactions, because Firestore's suffer under contention.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol, TypeAlias

from leadloop.json_types import Json, JsonObject

MAX_DOCUMENT_BYTES = 1_048_576
"""Firestore's limit (https://firebase.google.com/docs/firestore/quotas), held by every adapter."""

MAX_COMMIT_BYTES = 10 * 1024 * 1024
"""What one request to Firestore holds (the same page), held by every adapter."""


class Key(NamedTuple):
    """Where a document lives."""

    collection: str
    id: str


class Document(NamedTuple):
    """A document as read. ``version`` is opaque and changes with every write."""

    key: Key
    fields: JsonObject
    version: str


class Create(NamedTuple):
    """Write a document that must not exist yet."""

    key: Key
    fields: JsonObject


class Update(NamedTuple):
    """Replace the whole document, provided its version is still the one that was read."""

    key: Key
    fields: JsonObject
    version: str


class Increment(NamedTuple):
    """Add to integer counters at dotted paths, creating document and counters as needed.

    Path segments are split at ``.``; a segment must not hold a dot itself.
    ``fields`` are plain top-level values written along (a day, a label) whether new or not.
    """

    key: Key
    amounts: Mapping[str, int]
    fields: JsonObject = {}  # noqa: RUF012 — of a tuple; nobody changes what a write holds


class Delete(NamedTuple):
    """Remove a document; with a version, only if it is still that one. Absent and unversioned: no-op."""

    key: Key
    version: str | None = None


Write: TypeAlias = Create | Update | Increment | Delete

Operator: TypeAlias = Literal["==", "<", "<=", ">", ">=", "array_contains"]


class Where(NamedTuple):
    """One condition on a top-level (or dotted) field."""

    path: str
    operator: Operator
    value: Json


class Query(NamedTuple):
    """A declared read; only ``leadloop.queries`` builds these.

    Ordered by ``order_by`` then by id, ascending; documents lacking the ordered field are left out,
    as in Firestore. ``limit`` bounds one page.
    """

    collection: str
    where: tuple[Where, ...] = ()
    order_by: str | None = None
    limit: int = 250


class Page(NamedTuple):
    """Some documents, and the cursor for the rest (``None`` when there are no more)."""

    documents: tuple[Document, ...]
    cursor: str | None


class Usage:
    """How many documents a store has read and written since it was made: the bill."""

    def __init__(self) -> None:
        self.reads = 0
        self.writes = 0


class StoreError(Exception):
    """Something a document store could not do."""


class PreconditionFailed(StoreError):
    """A commit met a document in another state; nothing of the commit was written."""

    def __init__(self, key: Key, expected: str, found: str) -> None:
        super().__init__(f"{key.collection}/{key.id}: expected {expected}, found {found}; read again and decide again")
        self.key = key
        self.expected = expected
        self.found = found


class DocumentTooLarge(StoreError):
    """A document would exceed 1 MiB; nothing of the commit was written."""

    def __init__(self, key: Key, size: int) -> None:
        super().__init__(
            f"{key.collection}/{key.id} would be {size} bytes; a document holds at most {MAX_DOCUMENT_BYTES}"
        )
        self.key = key
        self.size = size


class StoreUnavailable(StoreError):
    """The store could not be reached or written (locked, disk full, damaged); nothing is known to be written."""


class CommitTooLarge(StoreUnavailable):
    """The writes of one commit are over 10 MiB; nothing was written, nor will it be another time, unless divided."""

    def __init__(self, writes: int, size: int) -> None:
        super().__init__(
            f"a commit of {writes} writes is {size} bytes: expected at most {MAX_COMMIT_BYTES}, what one request to "
            "Firestore holds; nothing was written; change fewer documents at once"
        )


class Store(Protocol):
    """A document store. Every adapter passes ``tests/contract/test_store_contract.py``."""

    usage: Usage

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        """The documents at the keys, in that order; ``None`` where there is none."""
        ...

    def commit(self, writes: Sequence[Write]) -> None:
        """Do all writes or none. At most one write per key.

        Raises ``PreconditionFailed`` naming the first write that could not be done,
        ``DocumentTooLarge``, or ``StoreUnavailable``, of which ``CommitTooLarge`` is one.
        """
        ...

    def query(self, query: Query, cursor: str | None = None) -> Page:
        """One page of the documents that match, in order, after the cursor."""
        ...

    def count(self, query: Query) -> int:
        """How many documents match, whatever the query's limit."""
        ...
