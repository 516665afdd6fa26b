"""The funnel: leads by source, and how far each source's leads came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from leadloop.conversions.goals import derive
from leadloop.leads.lead import Lead
from leadloop.leads.quality import Standing, is_judged
from leadloop.leads.state import MEDIA, LeadState
from leadloop.policy import Policy
from leadloop.report.credit import credited_sources
from leadloop.report.standings import Standings, is_anothers
from leadloop.sources.resolution import Source

NOBODY = "—"
"""Stands for the manager of leads whose deal is not known, and for a channel or a contractor that nobody named."""


class Grouping(StrEnum):
    """What leads are counted by; each is a field of the lead's source."""

    SOURCE = "source"
    CHANNEL = "channel"
    CONTRACTOR = "contractor"
    CONNECTION = "connection"

    def name_of(self, source: Source) -> str:
        """The line that a source is counted in. Leads without a source stay ``none`` by whatever they are counted."""
        if self is Grouping.SOURCE or source.is_none:
            return source.label
        named: str = getattr(source, self.value)
        return named or NOBODY


@dataclass(slots=True)
class SourceLine:
    """One source, or what else leads are counted by: its leads and, of these, what is named below.

    A lead of a series counts for the source that keeps its credit, with all that became of it; ``duplicates`` are those
    that somebody of the series came before. ``without_ids`` came without any ad identifier (one that is borrowed from
    the person's last visit is not the lead's own, and does not count), ``contacts`` by a call, a chat or a request of
    the call tracker, ``born_in_crm`` by neither that nor a form. ``stages`` are
    those reached; ``unclaimed`` counts stages of goals that are this lead's to reach and another's to count: a
    repeat's, or those of another lead's deal.
    """

    name: str
    leads: int = 0
    repeats: int = 0
    duplicates: int = 0
    without_ids: int = 0
    contacts: int = 0
    born_in_crm: int = 0
    stages: Counter[str] = field(default_factory=Counter)
    unclaimed: int = 0
    quality: Standings = field(default_factory=Standings)


@dataclass(frozen=True, slots=True)
class Funnel:
    """All lines, the largest first. Leads without a source stay in their own visible line (``none``)."""

    lines: tuple[SourceLine, ...]
    stages: tuple[str, ...]
    """Stages as the policy writes the CRM's pipelines, then the tags of calls, each where it is first seen."""
    by: Grouping = Grouping.SOURCE
    """What a line stands for."""
    is_judged: bool = False
    """Whether the policy asks for the quality of leads; otherwise nothing is told of it."""
    managers: tuple[tuple[str, Standings], ...] = ()
    """The CRM's id of a user (``—``: nobody is known) and the leads that are theirs; the most overdue first."""

    @property
    def leads(self) -> int:
        """All leads: the sum of the lines, by construction."""
        return sum(line.leads for line in self.lines)

    @property
    def born_in_crm(self) -> int:
        """Leads that neither a form nor a call brought."""
        return sum(line.born_in_crm for line in self.lines)

    @property
    def contacts(self) -> int:
        """Leads by calls, chats and requests; all but these and ``born_in_crm`` came from forms."""
        return sum(line.contacts for line in self.lines)

    @property
    def unclaimed(self) -> int:
        """Stages reached that another lead's conversion stands for."""
        return sum(line.unclaimed for line in self.lines)


def funnel(policy: Policy, leads: Iterable[Lead], now: datetime, by: Grouping = Grouping.SOURCE) -> Funnel:
    """Count leads by source and stage, and by who works on them. What is overdue ``now`` is told."""
    lines: dict[str, SourceLine] = {}
    managers: dict[str, Standings] = {}
    everybody = list(leads)
    credited = credited_sources(policy, everybody)
    for lead in everybody:
        state = lead.state(policy)
        name = by.name_of(credited.get(lead.id, state.source))
        line = lines.setdefault(name, SourceLine(name))
        line.leads += 1
        line.repeats += lead.repeat_of is not None
        line.duplicates += state.circumstances.repeats is not None
        line.without_ids += _has_no_own_ids(state)
        line.contacts += state.born_in in MEDIA
        line.born_in_crm += state.born_in == "crm"
        line.stages.update(state.stages.keys())
        line.unclaimed += _unclaimed(policy, lead, state)
        line.quality.add(policy, lead, state, now)
        if not is_anothers(lead, state):
            managers.setdefault(state.quality.responsible or NOBODY, Standings()).add(policy, lead, state, now)
    ordered = sorted(lines.values(), key=lambda line: (-line.leads, line.name))
    busiest = sorted(managers.items(), key=lambda one: (-one[1].overdue, -one[1].counts[Standing.PENDING], one[0]))
    judged = is_judged(policy)
    return Funnel(tuple(ordered), _stages(policy), by, judged, tuple(busiest) if judged else ())


def _stages(policy: Policy) -> tuple[str, ...]:
    tags = policy.call_tracker.tags if policy.call_tracker is not None else {}
    named = (*policy.crm.pipelines.values(), tags)
    return tuple(dict.fromkeys(stage for statuses in named for stage in statuses.values()))


def _has_no_own_ids(state: LeadState) -> bool:
    return not state.ids.keys() - ({"client_id"} if state.lent is not None else set())


def _unclaimed(policy: Policy, lead: Lead, state: LeadState) -> int:
    """Stages with a goal that this lead reached and that are not its own to send, now or ever."""
    told = {*derive(policy, state, lead.ownership, lead.repeat_of), *lead.claims, *lead.expired}
    return len({goal.stage for name, goal in policy.goals.items() if goal.stage in state.stages and name not in told})
