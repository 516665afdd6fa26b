"""A record as classic methods tell it, in texts, and as universal ones do, in numbers and camelCase."""

from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Any

from ..portal.fields import MULTIFIELD_TYPES, REFERENCE_TYPES, Field, has_multifields
from ..portal.kinds import CONTACT, DEAL, LEAD
from ..portal.portal import Portal
from ..portal.records import Record
from ..portal.values import Value, date_text, moment_text

Shape = dict[str, Any]


def classic_shape(
    portal: Portal, record: Record, wanted: Callable[[Field], bool], multifields: Collection[str]
) -> Shape:
    """Values as text, what is empty as null; phones and e-mails only of the types named."""
    shape: Shape = {
        one.name: classic_value(portal, one, record.values.get(one.name))
        for one in portal.fields(record.kind)
        if wanted(one)
    }
    for type_id in MULTIFIELD_TYPES:
        rows = [one for one in record.multifields if one.type_id == type_id]
        if type_id in multifields and rows:
            shape[type_id] = [
                {"ID": str(one.id), "VALUE_TYPE": one.value_type, "VALUE": one.value, "TYPE_ID": one.type_id}
                for one in rows
            ]
    return shape


def universal_shape(
    portal: Portal,
    record: Record,
    wanted: Callable[[Field], bool],
    *,
    original_names: bool = False,
    bare: bool = False,
) -> Shape:
    """Numbers as numbers, links to nothing as 0; user fields under their own codes when asked; `bare` has no extras."""
    shape = {
        (one.name if original_names and one.is_user_field else one.universal_name): universal_value(
            portal, one, record.values.get(one.name)
        )
        for one in portal.fields(record.kind)
        if wanted(one)
    }
    if bare:
        return shape
    if has_multifields(record.kind):
        shape["fm"] = [
            {"id": one.id, "valueType": one.value_type, "value": one.value, "typeId": one.type_id}
            for one in record.multifields
        ]
    if record.kind in (LEAD, DEAL):
        shape["contactIds"] = list(record.contact_ids)
    return {**shape, "entityTypeId": record.kind.entity_type_id}


def classic_value(portal: Portal, one: Field, value: Value) -> str | None:
    """`"410"`, `"1000000.00"`, `"Y"`, an ISO time with the server's offset, null."""
    if one.type == "char":
        return "Y" if value else "N"
    if one.type == "boolean":
        return "1" if value else "0"
    if value is None:
        return "" if one.name == "DATE_CLOSED" else None
    if isinstance(value, Decimal):
        return str(value) if one.is_user_field else f"{value:.2f}"
    return _moment_or_text(portal, one, value)


def universal_value(portal: Portal, one: Field, value: Value) -> object:
    """253, 19000, 999.9, `"Y"`, an ISO time with the server's offset, null or, for a link, 0."""
    if one.type in ("char", "boolean"):
        return "Y" if value else "N"
    if value is None:
        is_link = one.type in REFERENCE_TYPES and one.name != "LEAD_ID"
        return 0 if is_link else None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, int) and one.type not in ("datetime", "date"):
        return value
    return _moment_or_text(portal, one, value)


def _moment_or_text(portal: Portal, one: Field, value: Value) -> str:
    if one.type == "datetime":
        return moment_text(int(str(value)), portal.offset)
    return date_text(str(value), portal.offset) if one.type == "date" else str(value)


def name_of(record: Record) -> str:
    """What a person reads on the card."""
    if record.kind is not CONTACT:
        return str(record.values.get("TITLE") or "")
    return " ".join(str(record.values[name]) for name in ("NAME", "LAST_NAME") if record.values.get(name))
