"""Which lead of a series counts what a deal or a tag brings: a goal once for all of them, whoever's deal sales close.

The lead that began a series counts for it. What that one does not come to, a duplicate counts whose deal does: who
calls first and sends a form days later has one deal, and it may be either's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from leadloop.conversions.goals import reached
from leadloop.leads.lead import Lead
from leadloop.leads.state import LeadState, is_of_tracker
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


class Came(NamedTuple):
    """When a lead came to a goal, and by which deal or communication."""

    at: datetime
    crm_ref: str | None


def counted_elsewhere(policy: Policy, members: Sequence[Member]) -> dict[str, tuple[str, ...]]:
    """By lead the goals that another one of the series counts, in the order of the policy.

    A goal that was claimed is its claimer's for good. Of others an identifier comes first, since without one nothing is
    sent, then a lead that is no duplicate and has a deal of its own that says so, then who came to it earlier. Of such
    leads, which came within the hour, each counts its own deal.
    """
    came = {one.lead.id: came_to(policy, one.lead, one.state) for one in members}
    told: dict[str, list[str]] = {one.lead.id: [] for one in members}
    for goal in goals_of_deals(policy):
        claimers = [one for one in members if goal in one.lead.claims]
        able = [one for one in members if goal in came[one.lead.id] or one in claimers]
        bound = [one for one in members if one.is_duplicate or _by_tag(one, goal, came[one.lead.id])]
        ranks = {one.lead.id: _rank(one, goal, came[one.lead.id], is_bound=one in bound) for one in able}
        counter = min(able, key=lambda one: ranks[one.lead.id], default=None)
        for one in members:
            others = [claimer for claimer in claimers if claimer is not one and claimer in bound]
            if others or (one in bound and counter is not None and counter is not one):
                told[one.lead.id].append(goal)
    return {lead_id: tuple(goals) for lead_id, goals in told.items()}


def goals_of_deals(policy: Policy) -> Iterable[str]:
    """The goals that a series counts once: what comes of a lead, and not that it came or is to count less."""
    return (name for name, goal in policy.goals.items() if not goal.on.suppresses and goal.on is not GoalEvent.RECEIVED)


def came_to(policy: Policy, lead: Lead, state: LeadState) -> dict[str, Came]:
    """The goals of deals that a lead came to by itself, not as a touch of another lead's deal."""
    found, goals = reached(policy, state), {*goals_of_deals(policy)}
    return {
        name: Came(one.occurred_at, one.crm_ref)
        for name, one in found.items()
        if name in goals and (one.crm_ref is None or lead.ownership.get(one.crm_ref, True))
    }


def _by_tag(one: Member, goal: str, came: Mapping[str, Came]) -> bool:
    """Whether a tag of the call tracker says so and no deal: whoever's deal is made of the call may say it again."""
    claim = one.lead.claims.get(goal)
    return is_of_tracker(claim.crm_ref if claim is not None else came[goal].crm_ref if goal in came else None)


def _rank(
    one: Member, goal: str, came: Mapping[str, Came], *, is_bound: bool
) -> tuple[bool, bool, bool, datetime, datetime, str]:
    at = came[goal].at if goal in came else one.at
    return (goal not in one.lead.claims, not one.has_id, is_bound, at, one.at, one.lead.id)
