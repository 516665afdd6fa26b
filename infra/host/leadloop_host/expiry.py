"""Deletes documents past their ``expires_at``, in the place of Firestore's TTL policies."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from leadloop.ports.clock import Clock
from leadloop.ports.log import Log

EVERY = timedelta(hours=1)
BATCH = 250
"""Documents one commit deletes: a few milliseconds of the write lock, between which others have their turn."""


@runtime_checkable
class ExpiringStore(Protocol):
    """A store that does not delete what has expired by itself."""

    def delete_expired(self, now: datetime, limit: int) -> int:
        """Delete up to ``limit`` documents that have expired; returns how many."""
        ...


class Expiry:
    """Sweeps the store at the start and every hour of the clock, one batch a tick."""

    def __init__(self, store: ExpiringStore, clock: Clock, log: Log) -> None:
        self._store = store
        self._clock = clock
        self._log = log
        self._swept_at: datetime | None = None
        self._deleted = 0

    def tick(self) -> None:
        """Delete one batch if it is time. Raises ``StoreUnavailable``: the next tick takes up where this one failed."""
        now = self._clock.now()
        if self._swept_at is not None and timedelta(0) <= now - self._swept_at < EVERY:
            return
        deleted = self._store.delete_expired(now, BATCH)
        self._deleted += deleted
        if deleted == BATCH:
            return
        if self._deleted:
            self._log.info("expired_documents_deleted", count=self._deleted)
        self._swept_at, self._deleted = now, 0
