"""Which conversions a lead's facts amount to, until each is claimed."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from leadloop.leads.state import LeadState, Money
from leadloop.policy import Goal, GoalEvent, Policy


class Conversion(NamedTuple):
    """A goal reached by a lead, derived and not yet claimed: it may still change with new facts."""

    goal: str
    target: str
    occurred_at: datetime
    """The vendor's transition time, or the submission's own."""
    value: Money | None
    due_at: datetime
    """Not claimed before this: a price gets time to be filled in."""
    deadline: datetime
    """Our own last moment to send it so that Metrica can still link it: counted from the last visit before it.

    Whether a visit *after* the conversion prolongs the window is not documented for certain (the page speaks of the
    visitor's last visit, and links to the one before the conversion), so none is counted on.
    """
    crm_ref: str | None
    """For goals that come from the CRM: the reference that must own the claim."""


def derive(
    policy: Policy, state: LeadState, ownership: dict[str, bool], is_repeat: bool = False
) -> dict[str, Conversion]:
    """The conversions of a lead by goal.

    ``ownership`` says of each CRM reference whether this lead owns it; a touch of somebody else's
    deal derives nothing from that deal. A repeat was received already; its deal, if it has one of
    its own, still counts, because sales may work on either.
    """
    reached = {
        name: _reach(policy, name, goal, state)
        for name, goal in policy.goals.items()
        if not (is_repeat and goal.on is GoalEvent.RECEIVED)
    }
    return {
        name: conversion
        for name, conversion in reached.items()
        if conversion is not None and (conversion.crm_ref is None or ownership.get(conversion.crm_ref, True))
    }


def _reach(policy: Policy, name: str, goal: Goal, state: LeadState) -> Conversion | None:
    if goal.on is GoalEvent.RECEIVED:
        if state.submitted_at is None:
            return None
        at, crm_ref = state.submitted_at, None
    else:
        entry = state.stages.get(goal.stage or "")
        if entry is None:
            return None
        at, crm_ref = entry.at, entry.crm_ref
    window = policy.defaults.visit_window - policy.defaults.visit_margin
    return Conversion(
        goal=name,
        target=policy.target_of(name),
        occurred_at=at,
        value=_value(policy, goal, state),
        due_at=at + policy.settle_of(name),
        deadline=(state.visit_before(at) or at) + window,
        crm_ref=crm_ref,
    )


def _value(policy: Policy, goal: Goal, state: LeadState) -> Money | None:
    if goal.value == "none":
        return None
    if goal.value == "price":
        # A CRM shows an unfilled price as 0; sending it would claim that the deal was worth nothing.
        return state.price if state.price is not None and state.price.amount > 0 else None
    return Money(goal.value * 100, policy.site.currency)
