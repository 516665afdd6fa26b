"""Reads and shows `custom_fields_values`.

Source: https://www.amocrm.ru/developers/content/crm_platform/custom-fields, the formats of values per type.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..crm.entities import Entity, FieldValue, FieldValues
from ..crm.fields import DATE_TYPES, TYPES_WITH_ENUMS, CustomField, EnumChoice, FieldCatalogue
from .problems import Problem, not_a_choice, wrong_type

MOST_FIELDS = 40
_ROOT = "custom_fields_values"


def read_field_values(catalogue: FieldCatalogue, raw: object) -> tuple[FieldValues, list[Problem]]:
    """The values by field id and what is wrong with them; a field whose `values` are null or empty gets none."""
    if raw is None:
        return {}, []
    if not isinstance(raw, list):
        return {}, [wrong_type(_ROOT, "array")]
    if len(raw) > MOST_FIELDS:
        return {}, [Problem("TooMany", _ROOT, f"This collection should contain {MOST_FIELDS} elements or less.")]
    read: FieldValues = {}
    problems: list[Problem] = []
    for index, entry in enumerate(raw):
        path = f"{_ROOT}.{index}"
        custom_field = _field_of(catalogue, entry)
        if custom_field is None:
            by_code = isinstance(entry, dict) and "field_id" not in entry and "field_code" in entry
            problems.append(not_a_choice(f"{path}.{'field_code' if by_code else 'field_id'}"))
            continue
        values, wrong = _values(custom_field, entry.get("values"), f"{path}.values")
        read[custom_field.id] = values
        problems += wrong
    return read, problems


def shown_field_values(catalogue: FieldCatalogue, entity: Entity) -> list[dict[str, Any]] | None:
    """As the API shows them: null when the entity has none."""
    shown = []
    for custom_field in catalogue.all():
        if values := entity.fields.get(custom_field.id):
            frame = {
                "field_id": custom_field.id,
                "field_name": custom_field.name,
                "field_code": custom_field.code,
                "field_type": custom_field.type,
            }
            shown.append({**frame, "values": [_shown(custom_field, value) for value in values]})
    return shown or None


def _field_of(catalogue: FieldCatalogue, entry: object) -> CustomField | None:
    if not isinstance(entry, dict):
        return None
    if "field_id" in entry:
        return catalogue.by_id(entry["field_id"])
    return catalogue.by_code(entry.get("field_code"))


def _values(custom_field: CustomField, raw: object, path: str) -> tuple[tuple[FieldValue, ...], list[Problem]]:
    if raw is None:
        return (), []
    if not isinstance(raw, list):
        return (), [wrong_type(path, "array")]
    values: list[FieldValue] = []
    problems: list[Problem] = []
    for index, item in enumerate(raw):
        read = _value(custom_field, item if isinstance(item, dict) else {}, f"{path}.{index}")
        if isinstance(read, Problem):
            problems.append(read)
        else:
            values.append(read)
    return tuple(values), problems


def _value(custom_field: CustomField, item: Mapping[str, Any], path: str) -> FieldValue | Problem:
    if custom_field.type == "multitext":
        return _multitext(custom_field, item, path)
    if custom_field.type in TYPES_WITH_ENUMS:
        return _choice(custom_field, item, path)
    value = item.get("value")
    if custom_field.type == "checkbox":
        return FieldValue(value) if isinstance(value, bool) else wrong_type(f"{path}.value", "bool")
    if custom_field.type in DATE_TYPES:
        return _moment(value, f"{path}.value")
    if custom_field.type in ("numeric", "price"):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return FieldValue(str(value)) if is_number or _is_decimal(value) else wrong_type(f"{path}.value", "numeric")
    return FieldValue(value) if isinstance(value, str) else wrong_type(f"{path}.value", "string")


def _multitext(custom_field: CustomField, item: Mapping[str, Any], path: str) -> FieldValue | Problem:
    value = item.get("value")
    if not isinstance(value, str):
        return wrong_type(f"{path}.value", "string")
    named = next((key for key in ("enum_id", "enum_code") if item.get(key) is not None), None)
    choice = custom_field.enums[0] if named is None else _enum(custom_field, named, item[named])
    return FieldValue(value, choice.id, choice.code) if choice else not_a_choice(f"{path}.{named}")


def _choice(custom_field: CustomField, item: Mapping[str, Any], path: str) -> FieldValue | Problem:
    named = next((key for key in ("enum_id", "enum_code", "value") if item.get(key) is not None), "value")
    choice = _enum(custom_field, named, item.get(named))
    return FieldValue(choice.value, choice.id, choice.code) if choice else not_a_choice(f"{path}.{named}")


def _enum(custom_field: CustomField, named: str, wanted: object) -> EnumChoice | None:
    attribute = {"enum_id": "id", "enum_code": "code", "value": "value"}[named]
    return next((one for one in custom_field.enums if getattr(one, attribute) == wanted), None)


def _moment(value: object, path: str) -> FieldValue | Problem:
    if isinstance(value, int) and not isinstance(value, bool):
        return FieldValue(value)
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return wrong_type(path, "timestamp")
    return FieldValue(int(moment.timestamp())) if moment.tzinfo else wrong_type(path, "timestamp")


def _is_decimal(value: object) -> bool:
    return isinstance(value, str) and value.replace(".", "", 1).removeprefix("-").isdecimal()


def _shown(custom_field: CustomField, value: FieldValue) -> dict[str, Any]:
    if custom_field.type in TYPES_WITH_ENUMS:
        return {"value": value.value, "enum_id": value.enum_id, "enum_code": value.enum_code}
    return {"value": value.value}
