"""Dirty marks: which CRM entities are still to be read.

What a hint or a pull finds is read at once by whoever has the reader's lease. A mark is left when that cannot be
done: another reader is at work, the CRM does not answer, the entity is to be looked at again. The reader
removes it.

A mark is removed only at the version that was there before the entity was read, so a change that
arrives meanwhile is read again. That needs nothing of the mark's content: every write changes a
document's version, even one that changes nothing else. Its count of hints is for whoever looks.

What a reading does for leads after its commit may be cut short, and the next one finds no news that would tell it so.
So a reading that owes something leaves a mark in its commit that names those leads, and removes it once it is done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple, Self

from leadloop import timestamps
from leadloop.crm.port import CONTACT, LEAD
from leadloop.json_types import JsonObject, json_list
from leadloop.leads.writing import decide_and_commit
from leadloop.policy import ContactMode, Policy
from leadloop.ports.store import Create, Document, Key, Store, Update, Write

_MARKS_A_COMMIT = 200
_MISSED = "missed_since"
_OWED = "owed"


class Entity(NamedTuple):
    """An entity of a CRM."""

    crm: str
    kind: str
    external_id: str

    @classmethod
    def of(cls, mark: Document) -> Self:
        """The entity a mark is about."""
        return cls(*(str(mark.fields[name]) for name in cls._fields))


def mark_key(entity: Entity) -> Key:
    """Where the mark of an entity lives."""
    return Key("dirty_mark", f"{entity.crm}-{entity.kind}-{entity.external_id}")


def readable(policy: Policy, kind: str) -> bool:
    """Whether entities of a kind are read at all: contacts never in the mode ``none``."""
    return kind == LEAD or (kind == CONTACT and policy.contacts.mode is not ContactMode.NONE)


def mark(store: Store, entities: Iterable[Entity], due: datetime) -> None:
    """Mark entities to be read. Raises as ``decide_and_commit``."""
    chosen = sorted(set(entities))
    for start in range(0, len(chosen), _MARKS_A_COMMIT):
        decide_and_commit(store, partial(mark_writes, store, chosen[start : start + _MARKS_A_COMMIT], due))


def mark_writes(store: Store, entities: Sequence[Entity], due: datetime, owed_to: Collection[str] = ()) -> list[Write]:
    """The writes that mark entities, whether or not they are marked already; to some leads something is owed."""
    held = store.get_many([mark_key(entity) for entity in entities]) if entities else []
    return [_marked(entity, document, due, owed_to) for entity, document in zip(entities, held, strict=True)]


def postponed(entity: Entity, held: Document | None, due: datetime) -> Write:
    """A mark to be looked at later, in place of the one that rests."""
    return _due_at(entity, held, due, {})


def owing(entity: Entity, held: Document | None, due: datetime, lead_ids: Iterable[str]) -> Create | Update:
    """A mark that names the leads a reading still owes something, and no others, in place of the one that rests."""
    return _due_at(entity, held, due, {_OWED: json_list(sorted(lead_ids))})


def owed(held: Document | None) -> tuple[str, ...]:
    """The leads that a reading owes something; none in a mark of a version that did not name them."""
    lead_ids = held.fields.get(_OWED) if held is not None else None
    return tuple(map(str, lead_ids)) if isinstance(lead_ids, list) else ()


def missed(entity: Entity, held: Document | None, now: datetime, due: datetime) -> Write:
    """The mark of an entity that was not found, to be looked for again; it remembers when it was missed first."""
    return _due_at(entity, held, due, {_MISSED: timestamps.to_text(missed_since(held) or now)})


def missed_since(held: Document | None) -> datetime | None:
    """When the entity was first not found, if it was."""
    since = held.fields.get(_MISSED) if held is not None else None
    return timestamps.from_text(since) if isinstance(since, str) else None


def _due_at(entity: Entity, held: Document | None, due: datetime, more: JsonObject) -> Create | Update:
    kept: JsonObject = {**held.fields} if held is not None else {**entity._asdict(), "hints": 0}
    fields: JsonObject = {**kept, **more, "due_at": timestamps.to_text(due)}
    if not fields.get(_OWED):
        fields.pop(_OWED, None)
    return Create(mark_key(entity), fields) if held is None else Update(held.key, fields, held.version)


def _marked(entity: Entity, held: Document | None, due: datetime, owed_to: Collection[str]) -> Write:
    hints = held.fields.get("hints") if held is not None else 0
    fields: JsonObject = {
        **entity._asdict(),
        "due_at": timestamps.to_text(due),
        "hints": (hints if isinstance(hints, int) else 0) + 1,
    }
    if owing_to := {*owed(held), *owed_to}:
        fields[_OWED] = json_list(sorted(owing_to))
    if held is None:
        return Create(mark_key(entity), fields)
    kept = {_MISSED: held.fields[_MISSED]} if _MISSED in held.fields else {}
    return Update(held.key, {**fields, **kept}, held.version)
