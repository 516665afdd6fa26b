"""Custom fields of an amoCRM lead: where the policy says each value lives, and what is there.

A place is a tracking field's code (``_YM_UID``; ids differ per account) or the numeric id of a custom
field (https://www.amocrm.ru/developers/content/crm_platform/custom-fields).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from leadloop.json_types import Json, JsonObject
from leadloop.policy.amocrm import AmoCrmFields


class FieldPlace(NamedTuple):
    """A field of the policy and where it lives: ``client_id`` at ``_YM_UID``."""

    name: str
    at: str

    @property
    def address(self) -> JsonObject:
        """The field as a request names it."""
        return {"field_id": int(self.at)} if self.at.isdecimal() else {"field_code": self.at}


def places(fields: AmoCrmFields) -> tuple[FieldPlace, ...]:
    """Every configured field, in the order of the policy's model."""
    return places_of(fields.model_dump())


def places_of(written: Mapping[str, str | None]) -> tuple[FieldPlace, ...]:
    """The places of fields by their names; those that are nowhere are left out."""
    return tuple(FieldPlace(name, at) for name, at in written.items() if at)


def entries(chosen: Sequence[FieldPlace], values: Mapping[str, str]) -> list[Json]:
    """``custom_fields_values`` of a request: one entry for each chosen place."""
    return [{**place.address, "values": [{"value": values[place.name]}]} for place in chosen]


def texts_at(entity: JsonObject, chosen: Iterable[FieldPlace]) -> dict[str, str]:
    """The first value of each field that holds one, as text, by the policy's name of the field."""
    filled = _entries(entity)
    found = {}
    for place in chosen:
        for entry in filled:
            if place.at in _addresses(entry) and (text := first_text(entry)):
                found[place.name] = text
    return found


def filled_at(entity: JsonObject, chosen: Iterable[FieldPlace]) -> frozenset[str]:
    """Names of the fields that hold something, of whatever type; an unset checkbox and a blank text hold nothing."""
    held = {at for entry in _entries(entity) if _holds(entry) for at in _addresses(entry)}
    return frozenset(place.name for place in chosen if place.at in held)


def ids_at(entity: JsonObject, chosen: Iterable[FieldPlace]) -> dict[str, int]:
    """The numeric ids of the fields that are listed in an entity, by the policy's names."""
    listed = {at: entry.get("field_id") for entry in _entries(entity) for at in _addresses(entry)}
    return {place.name: found for place in chosen if isinstance(found := listed.get(place.at), int)}


def texts_of_code(entity: JsonObject, code: str) -> tuple[str, ...]:
    """Every value of the field with a code, such as a contact's ``PHONE``."""
    return tuple(text for entry in _entries(entity) if entry.get("field_code") == code for text in _texts(entry))


def first_text(entry: JsonObject) -> str:
    """The first value of an entry; empty when it has none."""
    return next(iter(_texts(entry)), "")


def _entries(entity: JsonObject) -> list[JsonObject]:
    held = entity.get("custom_fields_values")
    return [entry for entry in held if isinstance(entry, dict)] if isinstance(held, list) else []


def _addresses(entry: JsonObject) -> tuple[str, ...]:
    code = entry.get("field_code")
    return (str(entry.get("field_id")), *((code,) if isinstance(code, str) else ()))


def _holds(entry: JsonObject) -> bool:
    values = entry.get("values")
    held = (
        [one.get("value", True) if isinstance(one, dict) else one for one in values] if isinstance(values, list) else []
    )
    return any(bool(one.strip()) if isinstance(one, str) else one not in (None, False) for one in held)


def _texts(entry: JsonObject) -> list[str]:
    values = entry.get("values")
    held = [value.get("value") for value in values if isinstance(value, dict)] if isinstance(values, list) else []
    return [str(value).strip() for value in held if isinstance(value, str | int | float) and str(value).strip()]
