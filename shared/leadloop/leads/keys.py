"""Key documents: under which leads a contact was seen, without the contact.

A lead is written under the newest key of the ring and looked up under all (``leadloop.identity.keys``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from leadloop import timestamps
from leadloop.json_types import JsonObject
from leadloop.messages import ContactKey
from leadloop.ports.store import Create, Document, Key, Store, Update, Write

MOST_LEADS = 200
"""Leads a key remembers, the newest; a contact with more is a call centre's or a tester's."""


@dataclass(frozen=True)
class KeyRecord:
    """One contact key as it rests."""

    id: str
    leads: Mapping[str, datetime] = field(default_factory=dict)
    """Lead id → when that lead first occurred."""
    shared: bool = False
    """Seen with too many persons, or with contradicting ones: it joins nobody."""
    version: str | None = None

    @classmethod
    def of(cls, id_: str, document: Document | None) -> Self:
        """Read a record; one that is not there yet is empty."""
        if document is None:
            return cls(id_)
        leads = document.fields.get("leads")
        seen = leads.items() if isinstance(leads, dict) else ()
        times = {lead_id: timestamps.from_text(str(at)) for lead_id, at in seen}
        return cls(id_, times, document.fields.get("shared") is True, document.version)

    def with_lead(self, lead_id: str, at: datetime) -> KeyRecord:
        """The record knowing this lead; the same object when nothing changes."""
        if self.leads.get(lead_id) == at:
            return self
        newest = sorted({**self.leads, lead_id: at}.items(), key=lambda seen: (seen[1], seen[0]))[-MOST_LEADS:]
        return self if dict(newest) == dict(self.leads) else replace(self, leads=dict(newest))

    def write(self) -> Write:
        """The write that keeps the record."""
        leads: JsonObject = {lead_id: timestamps.to_text(at) for lead_id, at in sorted(self.leads.items())}
        fields: JsonObject = {"leads": leads, "shared": self.shared}
        key = key_document(self.id)
        return Create(key, fields) if self.version is None else Update(key, fields, self.version)


def key_document(key_id: str) -> Key:
    """Where the record of a contact key lives; ``key_id`` is ``ContactKey.id``."""
    return Key("key", key_id)


def read_records(store: Store, key_ids: Iterable[str]) -> dict[str, KeyRecord]:
    """The records of contact keys by id, empty ones included. Raises ``StoreUnavailable``."""
    ids = sorted(set(key_ids))
    documents = store.get_many([key_document(id_) for id_ in ids]) if ids else []
    return {id_: KeyRecord.of(id_, document) for id_, document in zip(ids, documents, strict=True)}


def written_under(keys: Sequence[ContactKey]) -> frozenset[str]:
    """Of a submission's keys the ids it is written under: those of the newest key, which come first."""
    return frozenset(key.id for key in keys if key.key_id == keys[0].key_id)


def seen_under(records: Iterable[KeyRecord]) -> dict[str, datetime]:
    """Every lead known under any of the records that is not shared."""
    return {lead_id: at for record in records if not record.shared for lead_id, at in record.leads.items()}
