"""Reads what a call asks to write. What a kind does not have is passed over in silence, as Bitrix24 does."""

from collections.abc import Mapping
from typing import Any

from ..portal.fields import MULTIFIELD_TYPES, has_multifields
from ..portal.kinds import Kind
from ..portal.portal import Portal
from ..portal.records import MultifieldEdit, Patch
from ..portal.values import Value, read_value, whole
from .calls import listed


def read_patch(portal: Portal, kind: Kind, fields: Mapping[str, Any]) -> Patch:
    """Values by classic or universal names, phones and e-mails in either shape, and links to contacts."""
    values: dict[str, Value] = {}
    for name, raw in fields.items():
        known = portal.field_named(kind, name)
        if known is not None and not known.read_only:
            values[known.name] = read_value(known.type, raw, portal.offset)
    edits = _multifields(fields) if has_multifields(kind) else []
    links = next((listed(fields[name]) for name in ("CONTACT_IDS", "contactIds") if name in fields), None)
    contact_ids = None if links is None else [whole(one) for one in links if one]
    return Patch(values, edits, contact_ids)


def _multifields(fields: Mapping[str, Any]) -> list[MultifieldEdit]:
    classic = [(type_id, row) for type_id in MULTIFIELD_TYPES for row in listed(fields.get(type_id))]
    universal = [(str(row.get("typeId")), row) for row in listed(fields.get("fm")) if isinstance(row, Mapping)]
    return [_multifield(type_id, row) for type_id, row in (*classic, *universal)]


def _multifield(type_id: str, row: object) -> MultifieldEdit:
    if not isinstance(row, Mapping):
        return MultifieldEdit(type_id, str(row))
    told = {str(name).upper().replace("_", ""): value for name, value in row.items()}
    value = "" if told.get("DELETE") == "Y" else str(told.get("VALUE") or "")
    number = whole(told["ID"]) if told.get("ID") else None
    return MultifieldEdit(type_id, value, str(told.get("VALUETYPE") or "WORK"), number)
