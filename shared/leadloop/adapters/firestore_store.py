"""Documents in Google's Firestore (native mode): for the cloud, and on Google's emulator for tests.

What the other adapters refuse and this one cannot see without reading first: an increment of something that is not a
counter replaces it, and one past 64 bits stays at the limit
(https://firebase.google.com/docs/firestore/reference/rest/v1/Write#FieldTransform).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from leadloop.adapters import firestore_queries, writes
from leadloop.adapters.document_size import NotStorable, document_size
from leadloop.adapters.firestore_values import to_document
from leadloop.adapters.firestore_wire import Refused, Wire
from leadloop.adapters.firestore_writes import to_write
from leadloop.ports.store import (
    Document,
    Increment,
    Key,
    Page,
    PreconditionFailed,
    Query,
    StoreUnavailable,
    Usage,
    Write,
)

TIMEOUT_SECONDS = 8.0
"""For one call with all its attempts: less than the shortest time-out in functions.yaml (10 s)."""


class FirestoreStore:
    """A ``Store`` in a Firestore database; safe for threads, and for a server that forks before the first call.

    Nothing is asked of Google before the first call. With FIRESTORE_EMULATOR_HOST in the environment it speaks to
    the emulator there, without credentials.
    """

    def __init__(self, project: str, database: str = "(default)", timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self.usage = Usage()
        self._usage_lock = threading.Lock()
        self._wire = Wire(project, database, timeout_seconds)

    def close(self) -> None:
        """Let go of the connection."""
        self._wire.close()

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        """See ``Store``."""
        for key in keys:
            document_size(key, {})
        found = self._read(keys)
        return [found.get(key) for key in keys]

    def commit(self, batch: Sequence[Write]) -> None:
        """See ``Store``. The 10 MiB hold for the request as sent, too."""
        writes.check(batch)
        if not batch:
            return
        request = [to_write(write, self._name(write.key)) for write in batch]
        try:
            self._wire.commit(request)
        except Refused as refusal:
            self._raise_reason(batch, refusal)
            self._commit_again(batch, request)
        self._count(writes=len(batch))

    def query(self, query: Query, cursor: str | None = None) -> Page:
        """See ``Store``."""
        found = self._wire.run(firestore_queries.page(query, cursor, self._wire.documents))
        self._count(reads=max(1, len(found)))
        documents = tuple(to_document(one) for one in found[: query.limit])
        more = len(found) > query.limit
        return Page(documents, firestore_queries.write_cursor(query, documents[-1]) if more else None)

    def count(self, query: Query) -> int:
        """See ``Store``."""
        number = self._wire.count(firestore_queries.whole(query))
        self._count(reads=max(1, -(-number // 1000)))
        return number

    def _name(self, key: Key) -> str:
        return f"{self._wire.documents}/{key.collection}/{key.id}"

    def _read(self, keys: Iterable[Key]) -> dict[Key, Document]:
        wanted = sorted(set(keys))
        if not wanted:
            return {}
        found = [to_document(one) for one in self._wire.get([self._name(key) for key in wanted])]
        self._count(reads=len(wanted))
        return {document.key: document for document in found}

    def _commit_again(self, batch: Sequence[Write], request: Sequence[object]) -> None:
        """Firestore had refused, and reading showed that nothing stands in the way: that has passed, or flickers."""
        try:
            self._wire.commit(request)
        except Refused as refusal:
            self._raise_reason(batch, refusal)
            raise PreconditionFailed(batch[0].key, "no other writer", f"one at every attempt ({refusal})") from None

    def _raise_reason(self, batch: Sequence[Write], refusal: Refused) -> None:
        """Firestore does not say which write it refused: read, and raise for the first that cannot be done."""
        if refusal.is_invalid:
            self._raise_invalid(batch, refusal)
        try:
            found = self._read(write.key for write in batch)
        except StoreUnavailable:
            # Public functions may create and not read; of one write it is known which was refused.
            if refusal.status == "AlreadyExists" and len(batch) == 1:
                raise PreconditionFailed(batch[0].key, "no document", "one") from None
            raise
        for write in batch:
            document = found.get(write.key)
            writes.check_precondition(write, document.version if document else None)

    def _raise_invalid(self, batch: Sequence[Write], refusal: Refused) -> None:
        """Firestore checks the result of an increment, which only it knew."""
        increments = [write for write in batch if isinstance(write, Increment)]
        found = self._read(write.key for write in increments)
        for write in increments:
            document = found.get(write.key)
            writes.incremented(write, document.fields if document else None)
        names = ", ".join(sorted({write.key.collection for write in batch}))
        raise NotStorable(
            f"a commit of {len(batch)} writes ({names}) was refused by Firestore: expected at most 500 counters and "
            f"40000 index entries in a document, found {refusal}; nothing was written; exempt what is not queried"
        ) from None

    def _count(self, reads: int = 0, writes: int = 0) -> None:
        with self._usage_lock:
            self.usage.reads += reads
            self.usage.writes += writes
