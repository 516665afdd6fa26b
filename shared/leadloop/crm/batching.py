"""Readings of different deals in one commit, so that a daily total is written once for all of them."""

from __future__ import annotations

from leadloop.crm.readings import ReadingCommit, ReadingOvertaken
from leadloop.leads.writing import merge_increments
from leadloop.ports.store import CommitTooLarge, DocumentTooLarge, Increment, Key, PreconditionFailed, Store, Write

DEALS_A_COMMIT = 100
"""As a rule far below the 10 MiB that a commit holds."""


class Batch:
    """Decisions that share no document but totals."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._begin()

    def take(self, decision: ReadingCommit) -> bool:
        """Take one more; false when it is to be committed by itself, after these."""
        try:
            writes = decision.decide()
        except ReadingOvertaken:
            return False
        keys = {write.key for write in writes if not isinstance(write, Increment)}
        if (
            decision.linked  # what it took decides what others may find
            or decision.is_placed
            or keys & self._keys
            or len(self.decisions) == DEALS_A_COMMIT
        ):
            return False
        self.decisions.append(decision)
        self._keys |= keys
        self._writes += writes
        return True

    def commit(self) -> bool:
        """Commit, and begin anew; false when each is to be committed by itself. Raises ``StoreUnavailable``."""
        writes = merge_increments(self._writes)
        self._begin()
        try:
            if writes:
                self._store.commit(writes)
        except (PreconditionFailed, DocumentTooLarge, CommitTooLarge):
            return False
        return True

    def _begin(self) -> None:
        self.decisions: list[ReadingCommit] = []
        self._keys: set[Key] = set()
        self._writes: list[Write] = []
