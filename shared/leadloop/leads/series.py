"""Which lead of a series counts what a deal or a tag brings: a goal once for all of them, whoever's deal sales close.

The lead that began a series counts for it. What that one does not come to, a duplicate counts whose deal does: who
calls first and sends a form days later has one deal, and it may be either's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from leadloop.conversions.goals import reached
from leadloop.leads.lead import Lead
from leadloop.leads.state import LeadState
from leadloop.policy import GoalEvent, Policy


class Member(NamedTuple):
    """A lead of a series."""

    lead: Lead
    state: LeadState
    at: datetime
    is_duplicate: bool
    """Neither the first nor one that came again within the hour: those count by themselves."""
    has_id: bool
    """Whether it has an id to be sent under, its own or a borrowed one."""


def counted_elsewhere(policy: Policy, members: Sequence[Member]) -> dict[str, tuple[str, ...]]:
    """By lead the goals that another one of the series counts, in the order of the policy.

    A goal that was claimed is its claimer's for good. Of others an identifier comes first, since without one nothing is
    sent, then a lead that is no duplicate, then who came to it earlier.
    """
    came = {one.lead.id: came_to(policy, one.lead, one.state) for one in members}
    told: dict[str, list[str]] = {one.lead.id: [] for one in members}
    for goal in goals_of_deals(policy):
        claimers = [one for one in members if goal in one.lead.claims]
        able = [one for one in members if goal in came[one.lead.id] or one in claimers]
        counter = min(able, key=lambda one: _rank(one, goal, came[one.lead.id]), default=None)
        for one in members:
            others = [claimer for claimer in claimers if claimer is not one and claimer.is_duplicate]
            if others or (one.is_duplicate and counter is not None and counter is not one):
                told[one.lead.id].append(goal)
    return {lead_id: tuple(goals) for lead_id, goals in told.items()}


def goals_of_deals(policy: Policy) -> Iterable[str]:
    """The goals that a series counts once: what comes of a lead, and not that it came or is to count less."""
    return (name for name, goal in policy.goals.items() if not goal.on.suppresses and goal.on is not GoalEvent.RECEIVED)


def came_to(policy: Policy, lead: Lead, state: LeadState) -> dict[str, datetime]:
    """The goals of deals that a lead came to by itself, not as a touch of another lead's deal, and when."""
    found, goals = reached(policy, state), {*goals_of_deals(policy)}
    return {
        name: one.occurred_at
        for name, one in found.items()
        if name in goals and (one.crm_ref is None or lead.ownership.get(one.crm_ref, True))
    }


def _rank(one: Member, goal: str, came: dict[str, datetime]) -> tuple[bool, bool, bool, datetime, datetime, str]:
    is_claimed = goal in one.lead.claims
    return (not is_claimed, not one.has_id, one.is_duplicate, came.get(goal, one.at), one.at, one.lead.id)
