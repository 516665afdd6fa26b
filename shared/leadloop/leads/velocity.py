"""How many leads come from one place in a short time, and ClientIDs that turn out to be of several persons.

Both are asked after a lead's commit, by query, and answered the same way: whoever looks last sees all the others and
puts right what they could not see. A lead that comes alone costs its queries and writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from leadloop import timestamps
from leadloop.leads.delivery import due_again
from leadloop.leads.family import settle
from leadloop.leads.fold import TRACES
from leadloop.leads.lead import Lead, borrowed
from leadloop.leads.state import LeadState
from leadloop.leads.writing import decide_and_commit, lead_writes
from leadloop.policy import Policy
from leadloop.policy.duplicates import DuplicateKey
from leadloop.ports.store import Key, Store, Write
from leadloop.queries import leads_with_weak_id, leads_with_weak_id_between

MOST_COUNTED = 20
"""Leads of one weak id that are counted within the period; more make no difference."""

Sightings = Mapping[str, datetime]
"""By lead id when it occurred."""

_CLIENT = "client_id"
_HOPS = 2
_MOST_CLIENT_IDS = 3
"""ClientIDs of one lead whose borrowers are asked for."""
_KINDS = (_CLIENT, *TRACES)


def look_round(store: Store, policy: Policy, lead_id: str) -> None:
    """Let a lead that rests, and those soon after it, know how many came before them from the same place.

    Whoever of another person borrowed its ClientID is looked at again. Raises as ``settle`` does.
    """
    [document] = store.get_many([Key("lead", lead_id)])
    lead = Lead.of(document) if document is not None else Lead(id=lead_id)
    state = lead.state(policy)
    at, period = state.submitted_at, policy.fraud.period
    if at is None:
        return
    near = {weak_id: _near(store, weak_id, at, period) for weak_id in counted_by(state)}
    if velocity(lead_id, at, period, near) != lead.circumstances.velocity:
        _count_anew(store, policy, lead_id)
    others = {(when, other) for found in near.values() for other, when in found.items()}
    for _, other in sorted(one for one in others if one > (at, lead_id)):
        _count_anew(store, policy, other)
    for client_id in _client_ids(state):
        for borrower in store.query(leads_with_weak_id(borrowed(client_id))).documents:
            settle(store, policy, borrower.key.id)
    if DuplicateKey.CLIENT_ID in policy.duplicates.keys:
        for id_ in sorted(_joined_by_client_id(store, policy, state) - {lead_id}):
            settle(store, policy, id_)


def counted_by(state: LeadState) -> list[str]:
    """The weak ids that a lead is counted by: of each kind the first known; nobody is counted by what is borrowed."""
    own = state.ids.get(_CLIENT) if state.lent is None else None
    first = {_CLIENT: own, **state.traces}
    return sorted(f"{kind}:{value}" for kind, value in first.items() if value and kind in _KINDS)


def velocity(lead_id: str, at: datetime, period: timedelta, near: Mapping[str, Sightings]) -> dict[str, int]:
    """By kind how many of the leads near came within the period before this one, of simultaneous ones by id."""
    counted: dict[str, int] = {}
    for weak_id, others in near.items():
        before = sum(at - period < when and (when, other) < (at, lead_id) for other, when in others.items())
        kind = weak_id.partition(":")[0]
        counted[kind] = max(counted.get(kind, 0), min(before, MOST_COUNTED))
    return {kind: number for kind, number in counted.items() if number}


def _client_ids(state: LeadState) -> list[str]:
    own = sorted(one.partition(":")[2] for one in state.weak_ids if one.startswith(f"{_CLIENT}:"))
    return own[:_MOST_CLIENT_IDS]


def _joined_by_client_id(store: Store, policy: Policy, state: LeadState) -> set[str]:
    """Leads with a ClientID of this one, and with a ClientID of those: whose person one of them is may be new."""
    found: set[str] = set()
    asked: set[str] = set()
    ahead = set(_client_ids(state))
    for _ in range(_HOPS):
        documents = [
            one for id_ in sorted(ahead) for one in store.query(leads_with_weak_id(f"{_CLIENT}:{id_}")).documents
        ]
        found |= {one.key.id for one in documents}
        asked |= ahead
        ahead = {id_ for one in documents for id_ in _client_ids(Lead.of(one).state(policy))} - asked
    return found


def _count_anew(store: Store, policy: Policy, lead_id: str) -> None:
    def decide() -> list[Write]:
        [document] = store.get_many([Key("lead", lead_id)])
        lead = Lead.of(document) if document is not None else Lead(id=lead_id)
        state = lead.state(policy)
        at, period = state.submitted_at, policy.fraud.period
        if document is None or at is None:
            return []
        before = {weak_id: _came(store, weak_id, at - period, at, MOST_COUNTED + 2) for weak_id in counted_by(state)}
        found = velocity(lead_id, at, period, before)
        if found == lead.circumstances.velocity:
            return []
        circumstances = lead.circumstances.model_copy(update={"velocity": found})
        writes = lead_writes(policy, lead.model_copy(update={"circumstances": circumstances}), document.version)
        return [*writes, *due_again(store, policy, writes)]

    decide_and_commit(store, decide)


def _near(store: Store, weak_id: str, at: datetime, period: timedelta) -> Sightings:
    """The leads of a weak id within the period before and after; of very many enough to know what they change.

    Whoever comes after ``MOST_COUNTED`` others that came after this one counts that many anyway.
    """
    both = _came(store, weak_id, at - period, at + period, 2 * MOST_COUNTED)
    if len(both) < 2 * MOST_COUNTED:
        return both
    before = _came(store, weak_id, at - period, at, MOST_COUNTED + 2)
    return {**before, **_came(store, weak_id, at, at + period, MOST_COUNTED + 1)}


def _came(store: Store, weak_id: str, after: datetime, until: datetime, most: int) -> Sightings:
    query = leads_with_weak_id_between(weak_id, timestamps.to_text(after), timestamps.to_text(until), most)
    found = store.query(query).documents
    return {one.key.id: timestamps.from_text(str(one.fields["submitted_at"])) for one in found}
