"""crm.lead.*, crm.deal.*, crm.contact.* and crm.company.*: texts, and refusals without a code.

Source: https://apidocs.bitrix24.ru/api-reference/crm/deals/crm-deal-get.html and the pages beside it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..portal.edits import add_record, delete_record, update_record
from ..portal.fields import MULTIFIELD_TYPES, Field
from ..portal.kinds import DEAL, KINDS, Kind
from ..portal.records import Record
from .calls import Answer, Call, Method, page_of
from .creations import note_creation, staged
from .patches import read_patch
from .problems import bare, not_found
from .record_lists import records_asked_for
from .shapes import classic_shape


def classic_methods() -> dict[str, Method]:
    """By full name."""
    methods = {"crm.deal.contact.items.get": Method("crm", _deal_contacts)}
    verbs: dict[str, Callable[[Call, Kind], Answer]] = {
        "add": _add,
        "get": _get,
        "list": _list,
        "update": _update,
        "delete": _delete,
        "fields": _fields,
    }
    for kind in KINDS:
        for verb, do in verbs.items():
            methods[f"crm.{kind.name}.{verb}"] = Method("crm", _bound(do, kind))
    return methods


def _bound(do: Callable[[Call, Kind], Answer], kind: Kind) -> Callable[[Call], Answer]:
    return lambda call: do(call, kind)


def _add(call: Call, kind: Kind) -> Answer:
    fields = call.mapping("fields")
    with staged():
        record = add_record(call.portal, kind, read_patch(call.portal, kind, fields), call.stamp)
    note_creation(call, record, fields)
    return Answer(record.id)


def _get(call: Call, kind: Kind) -> Answer:
    record = _record(call, kind)
    return Answer(classic_shape(call.portal, record, lambda _: True, MULTIFIELD_TYPES))


def _list(call: Call, kind: Kind) -> Answer:
    names = [str(name) for name in call.items("select")]
    wanted = _wanted(names)
    page = page_of(call, records_asked_for(call, kind, universal=False))
    shapes = [classic_shape(call.portal, one, wanted, names) for one in page.result]
    return Answer(shapes, page.total, page.next)


def _update(call: Call, kind: Kind) -> Answer:
    record = _record(call, kind)
    patch = read_patch(call.portal, kind, call.mapping("fields"))
    # CATEGORY_ID is immutable here: only crm.item.update takes a deal to another pipeline.
    values = {name: value for name, value in patch.values.items() if name != "CATEGORY_ID"}
    with staged():
        update_record(call.portal, record, replace(patch, values=values), call.stamp)
    return Answer(result=True)


def _delete(call: Call, kind: Kind) -> Answer:
    delete_record(call.portal, _record(call, kind), call.stamp)
    return Answer(result=True)


def _fields(call: Call, kind: Kind) -> Answer:
    described = {one.name: _described(one) for one in call.portal.fields(kind)}
    if kind is not DEAL:
        described.update({name: _described(Field(name, "crm_multifield")) for name in MULTIFIELD_TYPES})
    return Answer(described)


def _deal_contacts(call: Call) -> Answer:
    number = call.number("id") or 0
    if number < 1:
        raise bare("The parameter ownerEntityID is invalid or not defined.")
    deal = call.portal.find(DEAL, number)
    if deal is None:
        raise bare("Not found.")
    rows = [
        {"CONTACT_ID": contact_id, "SORT": place * 10, "ROLE_ID": 0, "IS_PRIMARY": "Y" if place == 1 else "N"}
        for place, contact_id in enumerate(deal.contact_ids, start=1)
    ]
    return Answer(rows)


def _record(call: Call, kind: Kind) -> Record:
    number = call.number("id") or 0
    if number < 1:
        raise bare("ID is not defined or invalid")
    record = call.portal.find(kind, number)
    if record is None:
        raise not_found()
    return record


def _wanted(names: list[str]) -> Callable[[Field], bool]:
    """`*` is every standard field and `UF_*` every user field; without a choice, both. The id always comes along."""
    masks = names or ["*", "UF_*"]
    return lambda one: one.name in (*masks, "ID") or ("UF_*" if one.is_user_field else "*") in masks


def _described(one: Field) -> dict[str, Any]:
    flags = {"isRequired": False, "isReadOnly": one.read_only, "isImmutable": one.name == "CATEGORY_ID"}
    kinds = {"isMultiple": one.type == "crm_multifield", "isDynamic": one.is_user_field}
    labels = {name: one.title for name in ("listLabel", "formLabel", "filterLabel")} if one.is_user_field else {}
    return {
        "type": one.type,
        **flags,
        **kinds,
        "title": one.name if one.is_user_field else one.title or one.name,
        **labels,
    }
