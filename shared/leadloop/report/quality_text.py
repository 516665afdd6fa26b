"""What sales made of leads, for a terminal: by source, by manager, and what nobody has given a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta

from leadloop.leads.quality import MISSING, Standing
from leadloop.policy.durations import write_duration
from leadloop.report.funnel import Funnel
from leadloop.report.standings import Standings
from leadloop.report.tables import table

TOP_REASONS = 3
"""So many reasons of each source a person is shown; a program gets all of them."""

_HEAD = ("qualified", "incomplete", "disqualified", "pending", "overdue", "time to qualify")


def quality_text(funnel: Funnel) -> Iterator[str]:
    """The tables and the line below them."""
    yield f"\nQuality: what sales made of the leads, by {funnel.by}"
    found = [(line.name, line.quality) for line in funnel.lines]
    rows = [
        [name, *_cells(one), one.anothers, one.against_channel, one.warm_up, _top(one.reasons)] for name, one in found
    ]
    yield table([funnel.by, *_HEAD, "another's", "against", "warm up", "why disqualified"], rows)
    yield "  against: lost for a reason that speaks against the channel; warm up: for one that marketing goes on with"
    yield f"  {_without_reason(funnel)}"
    yield "\nManagers: whose decisions are due (users by their ids in the CRM)"
    yield table(["manager", *_HEAD], [[manager, *_cells(found)] for manager, found in funnel.managers])


def _cells(found: Standings) -> list[object]:
    counts = found.counts
    decided = [counts[Standing.QUALIFIED], counts[Standing.QUALIFIED_INCOMPLETE], counts[Standing.DISQUALIFIED]]
    return [*decided, counts[Standing.PENDING], found.overdue, _length(found.median_time)]


def _length(time: timedelta | None) -> str:
    """A length of time to the minute."""
    return "—" if time is None else write_duration(timedelta(minutes=round(time.total_seconds() / 60)))


def _top(reasons: Counter[str]) -> str:
    told = [f"{name} {count}" for name, count in _sorted(reasons)]
    more = [f"{len(told) - TOP_REASONS} more"] if len(told) > TOP_REASONS else []
    return ", ".join([*told[:TOP_REASONS], *more]) or "—"


def _without_reason(funnel: Funnel) -> str:
    missing = sum(line.quality.reasons[MISSING] for line in funnel.lines)
    unmapped: Counter[str] = Counter()
    for line in funnel.lines:
        unmapped.update(line.quality.unmapped)
    named = ", ".join(f"{loss_reason} ({count})" for loss_reason, count in _sorted(unmapped)) or "none"
    return f"lost without a reason: {missing}; loss reasons of the CRM that no reason of the policy means: {named}"


def _sorted(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))
