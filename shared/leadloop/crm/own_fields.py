"""Fields of a deal that are leadloop's own: ids known of the lead, and verdicts on it. Pure.

Each is written only where the policy names a field for it, over whatever stands there, and again whenever it changes.
The first word of a verdict is for programs (``unique``, ``duplicate``, ``client``); what follows is for people. On a
deal with several leads only its owner's are written.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from leadloop.crm.restoring import Restoring, restoring
from leadloop.leads.fold import WEAK_IDS
from leadloop.leads.fraud import Gate
from leadloop.leads.lead import Lead
from leadloop.leads.state import LeadState
from leadloop.policy import Policy

MOST_IDS = 40
"""Ids of one kind that are written, the smallest: so many browsers are nobody's, and a field holds only so much."""


class Repeated(NamedTuple):
    """What is known of the lead that another one repeats."""

    lead_id: str
    deal: str | None = None
    """The CRM's id of its deal."""
    at: datetime | None = None
    """When it came."""


def repeated_lead(lead: Lead) -> str | None:
    """The lead that this one repeats, by the policy's rules or within the hour."""
    return lead.circumstances.repeats or lead.repeat_of


def owns(lead: Lead, state: LeadState) -> bool:
    """Whether the deal is to show this lead."""
    return state.crm_ref is None or lead.ownership.get(state.crm_ref, True)


def own_fields(policy: Policy, lead: Lead, state: LeadState, repeated: Repeated | None = None) -> dict[str, str]:
    """The texts of the own fields that the policy has a place for; empty ones are left out."""
    found = {name: _TEXTS[name](policy, lead, state, repeated) for name in sorted(policy.crm.fields.own)}
    return {name: text for name, text in found.items() if text}


def is_told_anew(policy: Policy, before: Lead | None, after: Lead) -> bool:
    """Whether the CRM is to show something else of a lead than before."""
    if not (policy.crm.fields.own or policy.sources.restore):
        return False
    was, said = _told(policy, before), _told(policy, after)
    return said.texts != was.texts or said.occasion not in (None, was.occasion)


def _told(policy: Policy, lead: Lead | None) -> Restoring:
    state = lead.state(policy) if lead is not None else None
    if lead is None or state is None or not owns(lead, state):
        return Restoring({}, None)
    return Restoring(own_fields(policy, lead, state), restoring(policy, state).occasion)


def _known_ids(_policy: Policy, _lead: Lead, state: LeadState, _repeated: Repeated | None) -> str:
    """``client_id: 1700000000123456789, 1700000000123456790; yclid: 7325873983740247040``."""
    kinds: dict[str, list[str]] = {name: [] for name in WEAK_IDS}
    for weak_id in sorted(state.weak_ids):
        name, _, value = weak_id.partition(":")
        kinds.setdefault(name, []).append(value)
    if state.lent is not None:
        kinds["borrowed_client_id"] = [state.lent.client_id]
    return "; ".join(f"{name}: {', '.join(values[:MOST_IDS])}" for name, values in kinds.items() if values)


def _duplicate(policy: Policy, lead: Lead, state: LeadState, repeated: Repeated | None) -> str:
    first = repeated_lead(lead)
    if first is None:
        since = state.circumstances.client_since
        return "unique" if since is None else f"client since {_day(policy, since)}"
    found = repeated if repeated is not None and repeated.lead_id == first else Repeated(first)
    which = f"deal {found.deal}" if found.deal is not None else f"lead {first}"
    why = f"same {state.circumstances.by}" if state.circumstances.repeats else "within the hour"
    when = f", {_day(policy, found.at)}" if found.at is not None else ""
    return f"duplicate of {which} ({why}{when})"


def _quality(_policy: Policy, _lead: Lead, state: LeadState, _repeated: Repeated | None) -> str:
    found = state.quality
    said = found.reason or (f"missing {', '.join(found.missing)}" if found.missing else "")
    return f"{found.standing.value}: {said}" if said else found.standing.value


def _fraud(_policy: Policy, _lead: Lead, state: LeadState, _repeated: Repeated | None) -> str:
    found = state.fraud
    if found.gate not in (Gate.HELD, Gate.FRAUD):
        return found.gate.value
    if found.gate is Gate.FRAUD:
        return f"{found.gate.value}: {found.verdict.reason}"
    signs = f" ({', '.join(found.signs)})" if found.signs else ""
    return f"{found.gate.value}: score {found.score}{signs}"


def _day(policy: Policy, at: datetime) -> str:
    return at.astimezone(ZoneInfo(policy.site.time_zone)).date().isoformat()


_TEXTS: dict[str, Callable[[Policy, Lead, LeadState, Repeated | None], str]] = {
    "known_ids": _known_ids,
    "duplicate": _duplicate,
    "quality": _quality,
    "fraud": _fraud,
}
