"""When a deal entered which status, from the CRM's own feed of transitions. Pure.

The first status has no transition: it is what the first transition left, or the present one, since the
deal was created. The feed may lag behind the deal itself; then the present status waits for it, and
only after ``FEED_LAG`` is the time of last change taken, marked as not exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from leadloop.crm.port import CrmLead, Status, Transition
from leadloop.verdict import Verdict

FEED_LAG = timedelta(minutes=10)
RECHECK = timedelta(minutes=1)


class Entry(NamedTuple):
    """A status entered."""

    status: Status
    at: datetime
    exact: bool = True


class StageReading(NamedTuple):
    """The entries that are certain; the verdict is not ok while the feed has yet to catch up."""

    entries: tuple[Entry, ...]
    verdict: Verdict


def read_stages(
    lead: CrmLead, moves: Sequence[Transition], known: Status | None, now: datetime, *, is_explained: bool = False
) -> StageReading:
    """The statuses a deal entered. ``known`` is the last status recorded at an earlier reading.

    ``is_explained``: its last change is known to be no move, so the feed need not catch up with it.
    """
    entries = _entries(lead, moves)
    newest = moves[-1].after if moves else None
    if lead.status in (newest, known):
        return StageReading(entries, Verdict(True, "stages.complete", "the feed and the deal agree"))
    if not moves and known is None and (is_explained or lead.updated_at <= lead.created_at):
        return StageReading((Entry(lead.status, lead.created_at),), Verdict(True, "stages.first", "a new deal"))
    if now < lead.updated_at + FEED_LAG:
        return StageReading(
            entries, Verdict(False, "stages.feed_lags", "the feed does not show the present status yet")
        )
    if not moves and known is None and lead.closed_at is None:
        reason = "the deal changed and the feed shows no transition: it never moved"
        return StageReading((Entry(lead.status, lead.created_at),), Verdict(True, "stages.never_moved", reason))
    late = Entry(lead.status, lead.closed_at or lead.updated_at, exact=False)
    reason = "the feed does not show the present status; the time of last change is taken"
    return StageReading((*entries, late), Verdict(True, "stages.inexact", reason))


def _entries(lead: CrmLead, moves: Sequence[Transition]) -> tuple[Entry, ...]:
    """Entries in their order; those of one second, the feed's finest time, are a microsecond apart."""
    if not moves:
        return ()
    before = moves[0].before
    first = [Entry(before, min(lead.created_at, moves[0].at))] if before is not None else []
    return tuple(_following(first, moves))


def entered(moves: Sequence[Transition]) -> tuple[Entry, ...]:
    """The statuses a deal entered by moving, when it is not there any more to say when it was created."""
    return tuple(_following([], moves))


def _following(entries: list[Entry], moves: Sequence[Transition]) -> list[Entry]:
    for move in moves:
        at = move.at
        if entries and at <= entries[-1].at and move.before is not None:
            at = entries[-1].at + timedelta(microseconds=1)
        entries.append(Entry(move.after, at))
    return entries
