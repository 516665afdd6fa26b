"""The funnel: leads by source, and how far each source's leads came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from leadloop.leads.lead import Lead
from leadloop.policy import Policy


@dataclass(slots=True)
class SourceLine:
    """One source: its leads, repeats among them, leads without any ad identifier, and stages reached."""

    source: str
    leads: int = 0
    repeats: int = 0
    without_ids: int = 0
    stages: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Funnel:
    """All sources, the largest first. Leads without a source stay in their own visible line (``none``)."""

    lines: tuple[SourceLine, ...]
    stages: tuple[str, ...]
    """Stages in the order of the policy's goals, then the rest."""

    @property
    def leads(self) -> int:
        """All leads: the sum of the lines, by construction."""
        return sum(line.leads for line in self.lines)


def funnel(policy: Policy, leads: Iterable[Lead]) -> Funnel:
    """Count leads by source and stage."""
    lines: dict[str, SourceLine] = {}
    for lead in leads:
        state = lead.state(policy)
        line = lines.setdefault(state.source.label, SourceLine(state.source.label))
        line.leads += 1
        line.repeats += lead.repeat_of is not None
        line.without_ids += not state.ids
        line.stages.update(state.stages.keys())
    ordered = sorted(lines.values(), key=lambda line: (-line.leads, line.source))
    return Funnel(tuple(ordered), _stages(policy))


def _stages(policy: Policy) -> tuple[str, ...]:
    of_goals = [goal.stage for goal in policy.goals.values() if goal.stage]
    return tuple(dict.fromkeys([*of_goals, *sorted(policy.crm.stages)]))
