"""Which conversions a lead's facts amount to, until each is claimed."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from leadloop.leads.fraud import Gate
from leadloop.leads.quality import Decision
from leadloop.leads.state import LeadState, Money, is_of_tracker
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


class _Reached(NamedTuple):
    """When a goal was reached, and on which CRM reference if it comes from the CRM."""

    at: datetime
    crm_ref: str | None


def derive(
    policy: Policy, state: LeadState, ownership: dict[str, bool], repeat_of: str | None = None
) -> dict[str, Conversion]:
    """The conversions of a lead by goal.

    ``ownership`` says of each CRM reference whether this lead owns it; a touch of somebody else's
    deal derives nothing from that deal. ``repeat_of`` is the lead it repeats within the hour, if any: it was received
    already, and its deal, if it has one of its own, still counts, because sales may work on either. A duplicate
    within ``duplicates.window`` was received already too, and counts of its deal what no other lead of the series does.
    """
    return {
        name: conversion
        for name, conversion in reached(policy, state).items()
        if not is_counted_elsewhere(name, policy.goals[name], state, repeat_of)
        and (conversion.crm_ref is None or ownership.get(conversion.crm_ref, True))
    }


def reached(policy: Policy, state: LeadState) -> dict[str, Conversion]:
    """Every goal that a lead came to, whoever's it is to count."""
    found = {name: _reach(policy, name, state) for name in policy.goals}
    return {name: _conversion(policy, name, state, one) for name, one in found.items() if one is not None}


def is_counted_elsewhere(name: str, goal: Goal, state: LeadState, repeat_of: str | None) -> bool:
    """Whether another lead of its series counts the goal: the first one that it was received, one of them the rest."""
    if goal.on.suppresses:
        return False
    if goal.on is GoalEvent.RECEIVED:
        return repeat_of is not None or duplicate_of(state, repeat_of) is not None
    return name in state.circumstances.counted


def duplicate_of(state: LeadState, repeat_of: str | None) -> str | None:
    """The lead whose series this one is a duplicate in; ``None`` for none, and for a mere repeat within the hour."""
    first = state.circumstances.repeats
    return first if first != repeat_of else None


def _reach(policy: Policy, name: str, state: LeadState) -> _Reached | None:
    goal, quality = policy.goals[name], state.quality
    match goal.on:
        case GoalEvent.RECEIVED:
            received_at = state.submitted_at or state.contacted_at
            return _Reached(received_at, None) if received_at is not None else None
        case GoalEvent.STAGE:
            entry = state.stages.get(goal.stage or "")
            return _Reached(entry.at, _deal(state, entry.crm_ref)) if entry is not None else None
        case GoalEvent.QUALIFIED:
            return _decided(state, quality.qualified)
        case GoalEvent.DISQUALIFIED:
            reasons = policy.reasons_of(name)
            counts = not reasons or quality.reason in reasons
            return _decided(state, quality.disqualified) if counts else None
        case GoalEvent.FRAUD:
            at = state.submitted_at or state.occurred_at
            return _Reached(at, None) if at is not None and state.fraud.gate is Gate.FRAUD else None


def _decided(state: LeadState, decision: Decision | None) -> _Reached | None:
    return _Reached(decision.at, _deal(state, decision.crm_ref)) if decision is not None else None


def _deal(state: LeadState, crm_ref: str) -> str:
    """The reference that must own a goal: the lead's deal also for a stage that a tag of the call tracker told."""
    return state.crm_ref or crm_ref if is_of_tracker(crm_ref) else crm_ref


def _conversion(policy: Policy, name: str, state: LeadState, one: _Reached) -> Conversion:
    window = policy.defaults.visit_window - policy.defaults.visit_margin
    return Conversion(
        goal=name,
        target=policy.target_of(name),
        occurred_at=one.at,
        value=_value(policy, policy.goals[name], state),
        due_at=one.at + policy.settle_of(name),
        deadline=(state.visit_before(one.at) or one.at) + window,
        crm_ref=one.crm_ref,
    )


def _value(policy: Policy, goal: Goal, state: LeadState) -> Money | None:
    if goal.value == "none":
        return None
    if goal.value == "price":
        # A CRM shows an unfilled price as 0; sending it would claim that the deal was worth nothing.
        return state.price if state.price is not None and state.price.amount > 0 else None
    return Money(goal.value * 100, policy.site.currency)
