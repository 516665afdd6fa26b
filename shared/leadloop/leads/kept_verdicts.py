"""Verdicts of outside services as they rest: under each id of whom they are about, until a lead may come for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple, Self

from leadloop import timestamps
from leadloop.digests import digest
from leadloop.facts import Fact, union
from leadloop.json_types import JsonObject
from leadloop.policy import Policy
from leadloop.ports.store import Create, Document, Key, Update, Write

RETENTION = timedelta(days=45)
"""How long a verdict waits for its lead: services correct themselves until the seventh of the next month."""


class KeptVerdicts(NamedTuple):
    """What was said of one id: as much as a lead would hold, so it makes no difference which of the two came first."""

    key: Key
    facts: tuple[Fact, ...] = ()
    told_by: Mapping[str, str] = MappingProxyType({})
    """By fact the event that said it first: a delivery that comes again is no repetition."""
    version: str | None = None

    @classmethod
    def of(cls, key: Key, document: Document | None) -> Self:
        """Read them; those that are not there yet are none."""
        if document is None:
            return cls(key)
        facts, told_by = document.fields.get("facts"), document.fields.get("told_by")
        return cls(
            key,
            tuple(map(Fact.model_validate, facts)) if isinstance(facts, list) else (),
            {id_: str(event) for id_, event in told_by.items()} if isinstance(told_by, dict) else {},
            document.version,
        )

    def was_said_before(self, fact: Fact, event_id: str) -> bool:
        """Whether another event said it first."""
        return self.told_by.get(fact.id, event_id) != event_id

    def with_fact(self, fact: Fact, event_id: str) -> KeptVerdicts:
        """They with one more; the same object when nothing changes."""
        newest = union(self.facts, (fact,))
        if newest == self.facts:
            return self
        told_by = {fact.id: event_id, **self.told_by}
        return self._replace(facts=newest, told_by={one.id: told_by[one.id] for one in newest})

    def write(self, now: datetime) -> Write:
        """The write that keeps them for ``RETENTION`` from now."""
        fields: JsonObject = {
            "facts": [one.model_dump(mode="json") for one in self.facts],
            "told_by": {**self.told_by},
            "expires_at": timestamps.to_text(now + RETENTION),
        }
        return Create(self.key, fields) if self.version is None else Update(self.key, fields, self.version)


def key_of(policy: Policy, kind: str, id_: str) -> Key:
    """Where verdicts on whoever has this id rest."""
    return Key("verdict", digest("verdict", kind, f"{policy.crm.kind}:{id_}" if kind == "deal_id" else id_))
