"""Fields of deals and leads: what the portal has, and how calls name them.

A person knows a field as ``UF_CRM_YCLID`` and ``UTM_SOURCE``, universal methods as ``ufCrmYclid`` and ``utmSource``.
How the one becomes the other is for the portal to say, in ``crm.item.fields``: its option ``useOriginalUfNames`` makes
``select`` drop all other fields (https://github.com/bitrix-tools/b24-rest-docs/issues/368).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from leadloop.crm.bitrix24.client import AnswerUnreadable, Bitrix24Client, Command
from leadloop.crm.bitrix24.kinds import Kind
from leadloop.json_types import Json, JsonObject


class Choice(NamedTuple):
    """An entry of a field that is a list."""

    id: str
    name: str


class Field(NamedTuple):
    """A field of one kind."""

    code: str
    """``UF_CRM_YCLID``."""
    name: str
    """``ufCrmYclid``."""
    choices: tuple[Choice, ...] = ()
    title: str = ""
    """As people call it; empty where nobody named it."""


class Catalogue:
    """The fields of some kinds, asked for once, and again after ``forget``."""

    def __init__(self, client: Bitrix24Client, kinds: Sequence[Kind]) -> None:
        self._client = client
        self._kinds = kinds
        self._fields: dict[Kind, dict[str, Field]] = {}

    def of(self, kind: Kind) -> Mapping[str, Field]:
        """The fields of a kind by code; none of another. Raises the errors of ``leadloop.ports.http``."""
        if not self._fields:
            asked = {one.name: Command("crm.item.fields", {"entityTypeId": one.entity_type_id}) for one in self._kinds}
            found = self._client.together("list_fields", asked)
            self._fields = {one: _fields(found[one.name]) for one in self._kinds}
        return self._fields.get(kind, {})

    def named(self, kind: Kind, places: Mapping[str, str]) -> dict[str, str]:
        """How calls name fields of the policy (name → code); those that the kind lacks are left out."""
        known = self.of(kind)
        return {name: known[code].name for name, code in places.items() if code in known}

    def forget(self) -> None:
        """The portal may have other fields now."""
        self._fields = {}


def texts_at(item: JsonObject, named: Mapping[str, str]) -> dict[str, str]:
    """The first value of each field that holds one, as text, by the policy's name of the field."""
    found = {name: _text(item.get(at)) for name, at in named.items()}
    return {name: text for name, text in found.items() if text}


def filled_at(item: JsonObject, named: Mapping[str, str]) -> frozenset[str]:
    """Names of the fields that hold something; an empty link and amount are 0, an unticked box is ``N``."""
    return frozenset(name for name, at in named.items() if _holds(item.get(at)))


def _fields(result: Json) -> dict[str, Field]:
    fields = result.get("fields") if isinstance(result, dict) else None
    if not isinstance(fields, dict):
        raise AnswerUnreadable("list_fields", "expected an object in result.fields, found none")
    found = [
        Field(str(told.get("upperName") or name), name, tuple(_choices(told.get("items"))), _title(told))
        for name, told in fields.items()
        if isinstance(told, dict)
    ]
    return {field.code: field for field in found}


def _title(told: JsonObject) -> str:
    """The first label that is not the code over again, which is what a portal says for a field without a name."""
    labels = (told.get(name) for name in ("title", "formLabel", "listLabel"))
    return next((one for one in labels if isinstance(one, str) and one not in ("", told.get("upperName"))), "")


def _choices(items: Json) -> Iterable[Choice]:
    rows = items if isinstance(items, list) else []
    return (Choice(str(row.get("ID")), str(row.get("VALUE"))) for row in rows if isinstance(row, dict))


def _text(value: Json) -> str:
    first = next(iter(value), None) if isinstance(value, list) else value
    return str(first).strip() if isinstance(first, str | int | float) and not isinstance(first, bool) else ""


def _holds(value: Json) -> bool:
    if isinstance(value, list):
        return any(_holds(one) for one in value)
    return bool(value.strip()) and value != "N" if isinstance(value, str) else value not in (None, False, 0)
