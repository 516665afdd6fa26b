"""History under another policy: the same facts folded twice, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from leadloop.conversions.goals import derive
from leadloop.leads.fraud import Gate
from leadloop.leads.lead import Lead
from leadloop.leads.population import assess_all
from leadloop.leads.quality import NOT_JUDGED, Standing
from leadloop.leads.state import LeadState
from leadloop.policy import Policy
from leadloop.report.credit import credited_sources
from leadloop.report.standings import is_anothers

_ANOTHERS = "another's"
_QUALITIES = (*(one.value for one in Standing), _ANOTHERS, NOT_JUDGED.answer)


class Fate(NamedTuple):
    """What a policy makes of one lead."""

    source: str
    """The one that it counts for: its own, or that which keeps the credit of its series."""
    duplicate: bool
    client: bool
    quality: str
    """As the report counts it: ``another's`` where deciding about another lead decides about this one."""
    overdue: bool
    fraud: str
    goals: tuple[str, ...]
    """Goals it would have been sent for, whether or not it was."""


class Comparison(NamedTuple):
    """The leads of a period under two policies."""

    before: Mapping[str, int]
    """Counts by name; the same names in the same order in both."""
    after: Mapping[str, int]
    changed: Mapping[str, tuple[Fate, Fate]]
    """By lead, those that fare otherwise."""


def compare(
    now: Policy, then: Policy, leads: Iterable[Lead], since: datetime, until: datetime, at: datetime
) -> Comparison:
    """Judge the leads that occurred at or after ``since`` and before ``until`` by both policies, as they stand ``at``.

    ``leads`` are all there are, also those before and after: whose duplicate somebody is depends on them. What was
    claimed does not matter here: it would have been decided anew.
    """
    everybody = list(leads)
    fates = [_fates(policy, everybody, since, until, at) for policy in (now, then)]
    before, after = fates
    goals = sorted({*now.goals, *then.goals})
    sources = sorted({fate.source for one in fates for fate in one.values()})
    changed = {lead_id: (fate, after[lead_id]) for lead_id, fate in before.items() if fate != after.get(lead_id, fate)}
    return Comparison(_tally(before.values(), goals, sources), _tally(after.values(), goals, sources), changed)


def _fates(policy: Policy, leads: list[Lead], since: datetime, until: datetime, at: datetime) -> dict[str, Fate]:
    told = assess_all(policy, leads)
    credited = credited_sources(policy, told.values())
    found = {}
    for lead_id, lead in told.items():
        state = lead.state(policy).as_of(at)
        if state.occurred_at is not None and since <= state.occurred_at < until:
            found[lead_id] = _fate(policy, lead, state, at, credited.get(lead_id, state.source).label)
    return found


def _fate(policy: Policy, lead: Lead, state: LeadState, at: datetime, source: str) -> Fate:
    circumstances = lead.circumstances
    is_client = circumstances.client_since is not None
    is_stopped = state.fraud.gate in (Gate.HELD, Gate.FRAUD) or is_client
    goals = derive(policy, state, lead.ownership, lead.repeat_of)
    quality = state.quality
    anothers = quality.answer != NOT_JUDGED.answer and is_anothers(lead, state)
    return Fate(
        source,
        lead.repeat_of is not None or circumstances.repeats is not None,
        is_client,
        _ANOTHERS if anothers else quality.answer,
        quality.is_overdue(at) and not anothers,
        state.fraud.gate.value,
        tuple(sorted(name for name in goals if policy.goals[name].on.suppresses or not is_stopped)),
    )


def _tally(fates: Iterable[Fate], goals: Iterable[str], sources: Iterable[str]) -> dict[str, int]:
    found = list(fates)
    counts = {
        "leads": len(found),
        "first": sum(not (one.duplicate or one.client) for one in found),
        "duplicates": sum(one.duplicate for one in found),
        "current clients": sum(one.client for one in found),
    }
    counts |= {f"quality {one}": sum(fate.quality == one for fate in found) for one in _QUALITIES}
    counts["quality overdue"] = sum(one.overdue for one in found)
    counts |= {f"fraud {one.value}": sum(fate.fraud == one.value for fate in found) for one in Gate}
    counts |= {f"goal {goal}": sum(goal in fate.goals for fate in found) for goal in goals}
    return counts | {f"source {source}": sum(fate.source == source for fate in found) for source in sources}
