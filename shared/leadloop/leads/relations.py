"""The leads that strong ids join, read from key documents: one read for each strong id, however many the devices.

A person has a bound. Where it ends must not hang on who asks, so ids that lead on to more of them than the bound are no
person's at all: that follows from them alone, and is found with one read more than the bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from leadloop.identity.persons import Sightings, judge_shared
from leadloop.leads.keys import KeyRecord, read_records
from leadloop.policy import Policy
from leadloop.ports.store import Store


class Person(NamedTuple):
    """Leads joined by strong ids, and the ids."""

    keys: frozenset[str] = frozenset()
    lead_ids: frozenset[str] = frozenset()
    is_chain: bool = False
    """Whether more strong ids hang together than one person has (``defaults.person_keys``). Then none of them joins
    anybody, whichever of their leads is asked for, and this is one lead alone."""

    @property
    def name(self) -> str | None:
        """The smallest strong id; ``None`` for a lead that has none of its own."""
        return min(self.keys, default=None)


class Relations:
    """Key documents as they rest, with changes that are about to be written on top. Raises ``StoreUnavailable``."""

    def __init__(self, store: Store, policy: Policy) -> None:
        self._store = store
        self._policy = policy
        self._records: dict[str, KeyRecord] = {}
        self._is_shared: dict[str, bool] = {}

    def records(self, key_ids: Iterable[str]) -> Mapping[str, KeyRecord]:
        """The records of strong ids; each is read once."""
        wanted = sorted(set(key_ids))
        self._records |= read_records(self._store, [id_ for id_ in wanted if id_ not in self._records])
        return {id_: self._records[id_] for id_ in wanted}

    def replace(self, records: Mapping[str, KeyRecord]) -> set[str]:
        """Put changed records on top; returns the leads under those that became shared by it, or are so no more."""
        before = {id_: (self._records.get(id_), self.is_shared(id_)) for id_ in records}
        self._records |= records
        for id_ in records:
            self._is_shared.pop(id_, None)
        turned = [id_ for id_, (_, was_shared) in before.items() if self.is_shared(id_) != was_shared]
        return {lead_id for id_ in turned for lead_id in self._records[id_].joined}

    def is_shared(self, key_id: str) -> bool:
        """Whether a strong id joins nobody."""
        if key_id not in self._is_shared:
            seen: Sightings = self.records([key_id])[key_id].leads
            self._is_shared[key_id] = not judge_shared(key_id, seen, self._policy.defaults.shared_key_persons)
        return self._is_shared[key_id]

    def sightings(self, person: Person) -> Sightings:
        """Each lead of a person as its strong ids know it; nothing for a lead without any."""
        return {id_: seen for key in sorted(person.keys) for id_, seen in self._records[key].joined.items()}

    def person_of(self, lead_id: str, keys: Iterable[str]) -> Person:
        """Everybody joined to a lead that came with these strong ids, the lead itself included."""
        most = self._policy.defaults.person_keys
        followed: set[str] = set()
        lead_ids = {lead_id}
        ahead = set(keys)
        while ahead:
            own = self._own(sorted(ahead)[: most + 1 - len(followed)])
            followed |= own.keys()
            if len(followed) > most:
                return Person(frozenset(), frozenset({lead_id}), is_chain=True)
            lead_ids |= {one for record in own.values() for one in record.joined}
            ahead |= {key for record in own.values() for seen in record.joined.values() for key in seen.keys}
            ahead -= followed | {id_ for id_ in ahead if self._is_shared.get(id_)}
        return Person(frozenset(followed), frozenset(lead_ids))

    def others_of(self, keys: Iterable[str]) -> frozenset[str]:
        """The leads that came with any of these strong ids, shared ones left out."""
        return frozenset(one for record in self._own(keys).values() for one in record.joined)

    def _own(self, keys: Iterable[str]) -> dict[str, KeyRecord]:
        return {id_: record for id_, record in self.records(keys).items() if not self.is_shared(id_)}
