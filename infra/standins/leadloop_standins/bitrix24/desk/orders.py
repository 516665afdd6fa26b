"""What orders and seed rows name: records, kinds, fields. A name that does not exist is refused with the known ones."""

from collections.abc import Iterable, Mapping
from typing import Literal

from ...faults import InstructionRefused
from ..portal.kinds import KIND_BY_NAME, Kind
from ..portal.portal import Portal
from ..portal.records import MultifieldEdit, Patch, Record
from ..portal.values import Value, read_value

KindName = Literal["lead", "deal", "contact", "company"]
Plain = str | int | float | bool | None
"""A field's value as a person would type it; null empties the field."""


def kind_named(name: KindName) -> Kind:
    """The kind."""
    return KIND_BY_NAME[name]


def record_named(portal: Portal, kind: Kind, record_id: int) -> Record:
    """A live record; InstructionRefused for others."""
    record = portal.find(kind, record_id)
    if record is None:
        known = ", ".join(str(one.id) for one in portal.live(kind)[-10:]) or "none"
        raise InstructionRefused(f"There is no {kind.name} {record_id}. Known: {known}.")
    return record


def values_of(portal: Portal, kind: Kind, plain: Mapping[str, Plain]) -> dict[str, Value]:
    """Values by classic name; InstructionRefused for a field that the kind does not have."""
    values: dict[str, Value] = {}
    for name, raw in plain.items():
        known = portal.field_named(kind, name)
        if known is None:
            raise InstructionRefused(f"A {kind.name} has no field {name!r}; user fields begin with UF_CRM_.")
        values[known.name] = read_value(known.type, raw, portal.offset)
    return values


def patch_of(
    portal: Portal,
    kind: Kind,
    plain: Mapping[str, Plain],
    phones: Iterable[str] = (),
    emails: Iterable[str] = (),
    contact_ids: Iterable[int] | None = None,
) -> Patch:
    """Everything a card may be filled with; InstructionRefused as said above."""
    edits = [MultifieldEdit("PHONE", one) for one in phones] + [MultifieldEdit("EMAIL", one) for one in emails]
    links = None if contact_ids is None else list(contact_ids)
    return Patch(values_of(portal, kind, plain), edits, links)


def stage_checked(portal: Portal, kind: Kind, category_id: int, stage: str) -> str:
    """A stage of that pipeline; InstructionRefused names the known ones."""
    if kind.stage_field and portal.stages.find(kind, category_id, stage):
        return stage
    known = ", ".join(f"{one.status_id} {one.name}" for one in portal.stages.of(kind, category_id)) or "none"
    raise InstructionRefused(f"Pipeline {category_id} of {kind.name}s has no stage {stage!r}. Known: {known}.")
