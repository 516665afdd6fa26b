"""How many others' leads come from one place in a short time, and ClientIDs that turn out to be of several persons.

Both are asked after a lead's commit, by query, and answered the same way: whoever looks last sees all the others and
puts right what they could not see. A lead that comes alone costs its queries and writes nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from leadloop import timestamps
from leadloop.identity.persons import Sighting
from leadloop.leads.delivery import due_again
from leadloop.leads.family import settle
from leadloop.leads.fold import TRACES
from leadloop.leads.fraud import kind_of
from leadloop.leads.lead import Lead, borrowed
from leadloop.leads.state import LeadState
from leadloop.leads.writing import decide_and_commit, lead_writes
from leadloop.policy import Policy
from leadloop.ports.store import CommitTooLarge, Document, Key, Store, Write
from leadloop.queries import leads_with_weak_id, leads_with_weak_id_between

MOST_COUNTED = 20
"""Others that are counted; more make no difference."""

_MOST_READ = 120
"""Leads of one weak id that are looked at for one arrival. Of more, so near each other, each counts the most anyway."""
_CLIENT, _PHONES = "client_id", "phone_block"
_MOST_CLIENT_IDS = 3
"""ClientIDs of one lead whose borrowers are asked for."""


def look_round(store: Store, policy: Policy, lead_id: str, before: Lead | None = None) -> None:
    """Let a lead that rests, and those shortly before and after it, know how many others came with them.

    ``before``: the lead as it was when it was last looked round for, if that is known; what it changed in nothing is
    not counted again. Whoever of another person borrowed its ClientID is looked at again. Raises as ``settle`` does.
    """
    [document] = store.get_many([Key("lead", lead_id)])
    state = (Lead.of(document) if document is not None else Lead(id=lead_id)).state(policy)
    for at, places in _to_count(policy, state, before):
        _count(store, policy, at, places)
    for client_id in _client_ids(state):
        for borrower in store.query(leads_with_weak_id(borrowed(client_id))).documents:
            settle(store, policy, borrower.key.id)


def counted_by(policy: Policy, state: LeadState) -> list[str]:
    """The places that a lead is counted by: every ClientID, network, device and block of phones it was ever seen with.

    Each at the moment the lead first came. Not what is borrowed or weighs nothing.
    """
    weights = policy.fraud.weights
    weighed = dict.fromkeys((_CLIENT, *TRACES), weights.velocity) | {_PHONES: weights.phone_block}
    return sorted(place for place in (*state.weak_ids, *state.traces) if weighed.get(kind_of(place)))


def _to_count(policy: Policy, state: LeadState, before: Lead | None) -> Iterator[tuple[datetime, list[str]]]:
    """Around which moments what is to be counted: of a lead known before, places that are new or not its own.

    All of them if its contacts are others, or an older form of it came: then also around the moment it had before.
    """
    if state.submitted_at is None:
        return
    places, was = {*counted_by(policy, state)}, before.state(policy) if before is not None else None
    if was is None or was.submitted_at is None:
        yield state.submitted_at, sorted(places)
    elif (was.submitted_at, was.key_ids) == (state.submitted_at, state.key_ids):
        yield state.submitted_at, sorted(places ^ {*counted_by(policy, was)})
    else:
        for at in sorted({was.submitted_at, state.submitted_at}):
            yield at, sorted(places | {*counted_by(policy, was)})


def in_its_places(policy: Policy, lead: Lead) -> Lead:
    """The lead without the crowds of places that it was not seen in after all.

    Of a form that was sent twice, once from another network, the earlier sending stays (``leadloop.facts.join``).
    """
    held = lead.circumstances.velocity
    own = {*counted_by(policy, lead.state(policy))} if held else set()
    if held.keys() <= own:
        return lead
    velocity = {place: number for place, number in held.items() if place in own}
    return lead.model_copy(update={"circumstances": lead.circumstances.model_copy(update={"velocity": velocity})})


def period_of(policy: Policy, place: str) -> timedelta:
    """Within which time others from a place are counted."""
    return policy.fraud.phone_period if kind_of(place) == _PHONES else policy.fraud.period


def crowd(policy: Policy, place: str, lead: Sighting, others: Iterable[Sighting]) -> int:
    """How many others came with a lead, in the busiest stretch of less than the period that it is in.

    Whoever has a contact in common with it is the same sender again, and no crowd. In whole steps of
    ``fraud.velocity``: a number between two steps is no other sign, and not worth a write to each of a crowd whenever
    one more comes.
    """
    period, step = period_of(policy, place), int(getattr(policy.fraud.velocity, kind_of(place)))
    near = sorted(one.at for one in others if abs(one.at - lead.at) < period and not one.keys & lead.keys)
    starts = [at for at in near if at <= lead.at] + [lead.at]
    counts = [bisect_left(near, start + period) - bisect_left(near, start) for start in starts]
    return min(max(counts), MOST_COUNTED) // step * step


def _count(store: Store, policy: Policy, at: datetime, places: Sequence[str]) -> None:
    """Write to every lead near how many came with it, where that is news."""

    def decide() -> list[Write]:
        return [write for writes in _news(store, policy, at, places).values() for write in writes]

    def decide_one(lead_id: str) -> list[Write]:
        return _news(store, policy, at, places).get(lead_id, [])

    try:
        decide_and_commit(store, decide)
    except CommitTooLarge:
        for lead_id in _news(store, policy, at, places):
            decide_and_commit(store, partial(decide_one, lead_id))


def _news(store: Store, policy: Policy, at: datetime, places: Sequence[str]) -> dict[str, list[Write]]:
    """By lead the writes that tell it; at the versions that were counted, so nothing older goes over anything newer."""
    near = {place: _near(store, place, at, 2 * period_of(policy, place)) for place in places}
    documents = {one.key.id: one for found in near.values() for one in found}
    sightings = {lead_id: _sighting(one) for lead_id, one in documents.items()}
    news: dict[str, dict[str, int]] = {}
    for place, found in near.items():
        period = period_of(policy, place)
        for one in found:
            seen = sightings[one.key.id]
            if abs(seen.at - at) < period:
                others = [sightings[other.key.id] for other in found if other.key.id != one.key.id]
                news.setdefault(one.key.id, {})[place] = crowd(policy, place, seen, others)
    told = {lead_id: _told(policy, documents[lead_id], counts) for lead_id, counts in sorted(news.items())}
    return {lead_id: [*writes, *due_again(store, policy, writes)] for lead_id, writes in told.items() if writes}


def _told(policy: Policy, document: Document, counts: Mapping[str, int]) -> list[Write]:
    lead = Lead.of(document)
    held = lead.circumstances.velocity
    velocity = {place: number for place, number in {**held, **counts}.items() if number}
    if velocity == held:
        return []
    circumstances = lead.circumstances.model_copy(update={"velocity": velocity})
    return lead_writes(policy, lead.model_copy(update={"circumstances": circumstances}), document.version)


def _near(store: Store, weak_id: str, at: datetime, length: timedelta) -> Sequence[Document]:
    after, until = timestamps.to_text(at - length), timestamps.to_text(at + length)
    return store.query(leads_with_weak_id_between(weak_id, after, until, _MOST_READ)).documents


def _sighting(document: Document) -> Sighting:
    keys = document.fields.get("key_ids")
    held = frozenset(key for key in keys if isinstance(key, str)) if isinstance(keys, list) else frozenset()
    return Sighting(timestamps.from_text(str(document.fields["submitted_at"])), held)


def _client_ids(state: LeadState) -> list[str]:
    own = sorted(one.partition(":")[2] for one in state.weak_ids if one.startswith(f"{_CLIENT}:"))
    return own[:_MOST_CLIENT_IDS]
