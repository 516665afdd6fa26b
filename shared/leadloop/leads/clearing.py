"""Counters that came back to zero leave the daily totals, and totals that count nothing go.

A lead that learns its source moves from one total to another; what it leaves behind would tell in which order its facts
came. Once cleared, the totals are those that a recount of the leads gives, to the letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leadloop.leads.totals import LESSENED, cleared
from leadloop.leads.writing import decide_and_commit
from leadloop.ports.store import Delete, Key, PreconditionFailed, Store, Update, Write
from leadloop.queries import every_document, lessened_totals


@dataclass(slots=True)
class Cleared:
    """What one run did."""

    totals: int = 0
    complete: bool = True
    """False when the run ended at its bound, or others kept counting in a total; the next one goes on."""


def clear_totals(store: Store, most: int) -> Cleared:
    """Clear at most ``most`` totals that something was taken from, each by itself; repeatable.

    Each is written under the version that was read: a count that comes at the same moment is not lost. One in which
    others keep counting keeps its mark and waits for the next run. Raises ``StoreUnavailable``.
    """
    done = Cleared()
    for document in every_document(store, lessened_totals()):
        if done.totals == most:
            done.complete = False
            break
        try:
            _clear(store, document.key)
        except PreconditionFailed:
            done.complete = False
        else:
            done.totals += 1
    return done


def _clear(store: Store, key: Key) -> None:
    def decide() -> Sequence[Write]:
        [document] = store.get_many([key])
        if document is None or LESSENED not in document.fields:
            return []
        left = cleared(document.fields)
        if left is None:
            return [Delete(key, document.version)]
        return [Update(key, left, document.version)]

    decide_and_commit(store, decide)
