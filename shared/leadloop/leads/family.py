"""Leads that share contact keys: where a lead stands among them, and what its arrival changes for others.

Which lead repeats which follows from times and keys alone, so a lead that arrives late changes those
that were registered before it, and the order of arrival decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from leadloop.facts import FactKind
from leadloop.leads.keys import KeyRecord, read_records, seen_under
from leadloop.leads.lead import Lead
from leadloop.leads.repeats import repeat_of
from leadloop.leads.writing import lead_writes
from leadloop.messages import ContactKey
from leadloop.policy import Policy
from leadloop.ports.store import Key, Store, Write

MOST_NEIGHBOURS = 50
"""Later leads of the same contacts that one arrival looks at anew; more within the hour is no person."""


class Placed(NamedTuple):
    """The lead in its place, and the writes of the keys and other leads that go along with its own."""

    lead: Lead
    writes: tuple[Write, ...] = ()


def place(store: Store, policy: Policy, before: Lead, lead: Lead, written: frozenset[str]) -> Placed:
    """Put a lead among those with its keys.

    ``before`` is the lead as it rests, ``written`` the ids of the keys to file it under. Raises
    ``StoreUnavailable``.
    """
    at = submitted_at(lead)
    if at is None:
        return Placed(lead)
    records = read_records(store, site_key_ids(lead))
    filed = {
        id_: record.with_lead(lead.id, at)
        for id_, record in records.items()
        if id_ in written or lead.id in record.leads
    }
    changed = {id_: record for id_, record in filed.items() if record is not records[id_]}
    records |= changed
    writes = [record.write() for record in changed.values()]
    if changed:
        times = {at, submitted_at(before) or at}
        writes += _neighbours(store, policy, lead.id, times, records)
    return Placed(_placed(policy, lead, records), tuple(writes))


def submitted_at(lead: Lead) -> datetime | None:
    """When the site first sent the lead; ``None`` for one born in the CRM."""
    times = [fact.occurred_at for fact in lead.facts if fact.kind is FactKind.SUBMITTED]
    return min(times, default=None)


def site_key_ids(lead: Lead) -> frozenset[str]:
    """Ids of the contact keys the site sent with the lead."""
    keys = [fact.values.get("keys") for fact in lead.facts if fact.kind is FactKind.SUBMITTED]
    return frozenset(ContactKey.model_validate(key).id for some in keys if isinstance(some, list) for key in some)


def _placed(policy: Policy, lead: Lead, records: Mapping[str, KeyRecord]) -> Lead:
    at = submitted_at(lead)
    if at is None:
        return lead
    seen = seen_under(records[id_] for id_ in site_key_ids(lead))
    first = repeat_of(lead.id, at, seen, policy.defaults.same_lead_repeat)
    return lead if first == lead.repeat_of else lead.model_copy(update={"repeat_of": first})


def _neighbours(
    store: Store, policy: Policy, lead_id: str, times: set[datetime], records: Mapping[str, KeyRecord]
) -> list[Write]:
    """Leads within the window after the lead (or after where it stood before) that stand elsewhere now."""
    window = policy.defaults.same_lead_repeat
    near = [
        Key("lead", other)
        for other, at in sorted(seen_under(records.values()).items())
        if other != lead_id and any(time <= at <= time + window for time in times)
    ]
    documents = [document for document in store.get_many(near[:MOST_NEIGHBOURS]) if document] if near else []
    neighbours = [(Lead.of(document), document.version) for document in documents]
    key_ids = {id_ for lead, _ in neighbours for id_ in site_key_ids(lead)}
    known = {**read_records(store, key_ids - records.keys()), **records}
    moved = [(lead, _placed(policy, lead, known), version) for lead, version in neighbours]
    return [
        write for lead, placed, version in moved if placed is not lead for write in lead_writes(policy, placed, version)
    ]
