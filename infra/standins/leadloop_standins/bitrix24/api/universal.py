"""crm.item.*: numbers, camelCase, refusals with a code.

Source: https://apidocs.bitrix24.ru/api-reference/crm/universal/crm-item-get.html and the pages beside it.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from ..portal.edits import add_record, delete_record, update_record
from ..portal.fields import Field
from ..portal.kinds import KIND_BY_TYPE_ID, Kind
from ..portal.records import Record
from .calls import Answer, Call, Method, page_of
from .creations import note_creation, staged
from .patches import read_patch
from .problems import CallRefused
from .record_lists import records_asked_for
from .shapes import universal_shape


def universal_methods() -> dict[str, Method]:
    """By full name."""
    verbs = {"add": _add, "get": _get, "list": _list, "update": _update, "delete": _delete, "fields": _fields}
    return {f"crm.item.{verb}": Method("crm", do) for verb, do in verbs.items()}


def _add(call: Call) -> Answer:
    kind, fields = _kind(call), call.mapping("fields")
    with staged():
        record = add_record(call.portal, kind, read_patch(call.portal, kind, fields), call.stamp)
    note_creation(call, record, fields)
    return _item(call, record)


def _get(call: Call) -> Answer:
    return _item(call, _record(call))


def _update(call: Call) -> Answer:
    record = _record(call)
    with staged():
        patch = read_patch(call.portal, record.kind, call.mapping("fields"))
        update_record(call.portal, record, patch, call.stamp)
    return _item(call, record)


def _delete(call: Call) -> Answer:
    delete_record(call.portal, _record(call), call.stamp)
    return Answer([])


def _list(call: Call) -> Answer:
    kind = _kind(call)
    names = [str(name) for name in call.items("select")]
    page = page_of(call, records_asked_for(call, kind, universal=True))
    items = [_shape(call, one, names) for one in page.result]
    return Answer({"items": items}, page.total, page.next)


def _fields(call: Call) -> Answer:
    """By the names of universal methods; `upperName` is the one people know.

    https://apidocs.bitrix24.ru/api-reference/crm/universal/crm-item-fields.html.
    """
    kind = _kind(call)
    choices = {one.code: one.choices for one in call.portal.user_fields if one.kind is kind}
    told = {
        (one.name if _original_names(call) and one.is_user_field else one.universal_name): {
            "type": one.type,
            "isRequired": False,
            "isReadOnly": one.read_only,
            "isImmutable": False,
            "isMultiple": False,
            "isDynamic": one.is_user_field,
            "title": one.title or one.name,
            **(_choices(choices[one.name]) if choices.get(one.name) else {}),
            "upperName": one.name if one.is_user_field else _upper_name(one.universal_name),
        }
        for one in call.portal.fields(kind)
    }
    return Answer({"fields": told})


def _choices(numbered: Sequence[tuple[int, str]]) -> dict[str, Any]:
    return {"items": [{"ID": str(number), "VALUE": value} for number, value in numbered]}


def _upper_name(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "_", name).upper()


def _shape(call: Call, record: Record, names: Sequence[str]) -> dict[str, Any]:
    """Phones and e-mails are listed only with `*` or `fm`; what is no field, only when nothing or it is chosen.

    A choice together with `useOriginalUfNames` brings user fields alone: a fault of the vendor, known since April 2026
    (https://github.com/bitrix-tools/b24-rest-docs/issues/368).
    """
    original_names, wanted = _original_names(call), _wanted(names)
    if original_names and names and "*" not in names:
        return universal_shape(
            call.portal, record, lambda one: one.is_user_field and wanted(one), original_names=True, bare=True
        )
    shape = universal_shape(call.portal, record, wanted, original_names=original_names)
    if "*" not in names:
        for extra in ("fm", "contactIds", "entityTypeId"):
            if extra not in names and (names or extra == "fm"):
                shape.pop(extra, None)
    return shape


def _item(call: Call, record: Record) -> Answer:
    shape = universal_shape(call.portal, record, lambda _: True, original_names=_original_names(call))
    return Answer({"item": shape})


def _wanted(names: Sequence[str]) -> Callable[[Field], bool]:
    if not names or "*" in names:
        return lambda _: True
    return lambda one: one.name == "ID" or bool({one.name, one.universal_name} & set(names))


def _original_names(call: Call) -> bool:
    return str(call.get("useOriginalUfNames")).upper() in ("Y", "1", "TRUE")


def _kind(call: Call) -> Kind:
    kind = KIND_BY_TYPE_ID.get(call.number("entityTypeId") or 0)
    if kind is None:
        raise CallRefused(400, "NOT_FOUND", "Смарт-процесс не найден")
    return kind


def _record(call: Call) -> Record:
    record = call.portal.find(_kind(call), call.number("id") or 0)
    if record is None:
        raise CallRefused(400, "NOT_FOUND", "Элемент не найден")
    return record
