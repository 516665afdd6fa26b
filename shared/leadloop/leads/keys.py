"""Key documents: which leads came with a strong id, and with which others, without any contact.

A lead of the site is filed under every key of the ring (``leadloop.identity.keys``), one from the CRM under the newest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple, Self

from leadloop import timestamps
from leadloop.identity.persons import Sighting, Sightings
from leadloop.json_types import Json, JsonObject, json_list
from leadloop.ports.store import Create, Document, Key, Store, Update, Write

MOST_LEADS = 1000
"""Leads a key remembers, the newest, and of those the gate stops only what room is left: no flood of bots makes it
forget a person. A contact with more is a call centre's or a tester's."""


class KeyRecord(NamedTuple):
    """One strong id as it rests."""

    id: str
    leads: Sightings = MappingProxyType({})
    version: str | None = None

    @property
    def joined(self) -> Sightings:
        """The leads that it joins: all but those that the fraud gate stops."""
        return {lead_id: seen for lead_id, seen in self.leads.items() if not seen.is_stopped}

    @classmethod
    def of(cls, id_: str, document: Document | None) -> Self:
        """Read a record; one that is not there yet is empty."""
        if document is None:
            return cls(id_)
        leads = document.fields.get("leads")
        seen = leads.items() if isinstance(leads, dict) else ()
        return cls(id_, {lead_id: _read(id_, said) for lead_id, said in seen}, document.version)

    def with_lead(self, lead_id: str, sighting: Sighting) -> KeyRecord:
        """The record knowing this lead so; the same object when nothing changes."""
        if self.leads.get(lead_id) == sighting:
            return self
        known = {**self.leads, lead_id: sighting}
        newest = sorted(known.items(), key=lambda seen: (not seen[1].is_stopped, seen[1].at, seen[0]))[-MOST_LEADS:]
        return self if dict(newest) == dict(self.leads) else self._replace(leads=dict(newest))

    def write(self) -> Write:
        """The write that keeps the record."""
        leads: JsonObject = {lead_id: _written(self.id, seen) for lead_id, seen in sorted(self.leads.items())}
        fields: JsonObject = {"leads": leads}
        key = key_document(self.id)
        return Create(key, fields) if self.version is None else Update(key, fields, self.version)


def key_document(key_id: str) -> Key:
    """Where the record of a strong id lives; for a contact key ``key_id`` is ``ContactKey.id``."""
    return Key("key", key_id)


def read_records(store: Store, key_ids: Iterable[str]) -> dict[str, KeyRecord]:
    """The records of strong ids, empty ones included. Raises ``StoreUnavailable``."""
    ids = sorted(set(key_ids))
    documents = store.get_many([key_document(id_) for id_ in ids]) if ids else []
    return {id_: KeyRecord.of(id_, document) for id_, document in zip(ids, documents, strict=True)}


def _written(key_id: str, seen: Sighting) -> JsonObject:
    others = sorted(seen.keys - {key_id})
    told: JsonObject = {"at": timestamps.to_text(seen.at)}
    told |= {"with": json_list(others)} if others else {}
    return {**told, "is_stopped": True} if seen.is_stopped else told


def _read(key_id: str, said: Json) -> Sighting:
    told: Mapping[str, Json] = said if isinstance(said, dict) else {}
    others = told.get("with")
    keys = {key for key in others if isinstance(key, str)} if isinstance(others, list) else set()
    return Sighting(timestamps.from_text(str(told["at"])), frozenset({key_id, *keys}), told.get("is_stopped") is True)
