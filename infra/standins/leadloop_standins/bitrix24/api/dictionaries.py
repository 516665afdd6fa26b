"""Lists of statuses, pipelines and user fields."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from ..portal.fields import Field
from ..portal.kinds import DEAL, KIND_BY_TYPE_ID, KINDS, Kind
from ..portal.stages import Status
from ..portal.user_fields import UserField, UserFieldRefused
from .calls import Answer, Call, Method, listed, page_of
from .filters import Columns
from .problems import CallRefused, bare

_COLOURS = {"P": "#39A8EF", "S": "#7BD500", "F": "#FF5752"}


def dictionary_methods() -> dict[str, Method]:
    """By full name."""
    methods = {
        "crm.status.list": Method("crm", _statuses),
        "crm.category.list": Method("crm", _categories),
        "crm.currency.base.get": Method("crm", lambda call: Answer(call.portal.profile.currency)),
    }
    for kind in KINDS:
        methods[f"crm.{kind.name}.userfield.list"] = Method("crm", _listing_of(kind))
        methods[f"crm.{kind.name}.userfield.add"] = Method("crm", _adding_to(kind))
    return methods


def _statuses(call: Call) -> Answer:
    """All rows at once. https://apidocs.bitrix24.ru/api-reference/crm/status/crm-status-list.html."""
    rows = _filtered(call, [_status_row(one) for one in call.portal.stages.statuses])
    return Answer(rows, len(rows))


def _categories(call: Call) -> Answer:
    """https://apidocs.bitrix24.ru/api-reference/crm/universal/category/crm-category-list.html."""
    kind = KIND_BY_TYPE_ID.get(call.number("entityTypeId") or 0)
    if kind is None:
        raise CallRefused(400, "NOT_FOUND", "Смарт-процесс не найден")
    if kind is not DEAL:
        raise CallRefused(400, "ENTITY_TYPE_NOT_SUPPORTED", f"Entity type {kind.upper} is not supported")
    found = sorted(call.portal.stages.categories.values(), key=lambda one: (one.sort, one.id))
    rows = [
        {"id": one.id, "name": one.name, "sort": one.sort, "entityTypeId": 2, "isDefault": "N" if one.id else "Y"}
        for one in found
    ]
    return Answer({"categories": rows}, len(rows))


def _listing_of(kind: Kind) -> Callable[[Call], Answer]:
    def do(call: Call) -> Answer:
        with_labels = "LANG" in call.mapping("filter")
        found = (one for one in call.portal.user_fields if one.kind is kind)
        rows = [_user_field_row(one, with_labels=with_labels) for one in found]
        return page_of(call, _filtered(call, rows))

    return do


def _adding_to(kind: Kind) -> Callable[[Call], Answer]:
    def do(call: Call) -> Answer:
        if not call.portal.users[call.webhook.user_id].is_admin:
            raise bare("Access denied.")
        fields = call.mapping("fields")
        label = fields.get("EDIT_FORM_LABEL") or fields.get("LABEL") or ""
        label = next(iter(label.values()), "") if isinstance(label, Mapping) else label
        choices = tuple(str(row.get("VALUE")) for row in listed(fields.get("LIST")) if isinstance(row, Mapping))
        name, user_type = str(fields.get("FIELD_NAME") or ""), str(fields.get("USER_TYPE_ID") or "")
        try:
            added = call.portal.add_user_field(kind, name.upper(), user_type, str(label), choices)
        except UserFieldRefused as problem:
            raise bare(str(problem)) from problem
        return Answer(added.id)

    return do


def _filtered(call: Call, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows of texts, filtered and ordered by any of their columns."""
    columns: Columns[Mapping[str, Any]] = Columns(
        lambda name: Field(name, "integer" if name in ("ID", "SORT") else "string"),
        lambda row, name: [int(row[name]) if name in ("ID", "SORT") else row.get(name)],
        timedelta(),
        refuse_unknown=False,
    )
    # LANG asks for labels, which here have one language.
    filters = {key: value for key, value in call.mapping("filter").items() if key != "LANG"}
    passes = columns.matching(filters)
    return columns.ordered((row for row in rows if passes(row)), call.mapping("order"))


def _status_row(one: Status) -> dict[str, Any]:
    colour = _COLOURS[one.semantics]
    return {
        "ID": str(one.id),
        "ENTITY_ID": one.entity_id,
        "STATUS_ID": one.status_id,
        "NAME": one.name,
        "NAME_INIT": one.name if one.is_system else "",
        "SORT": str(one.sort),
        "SYSTEM": "Y" if one.is_system else "N",
        "CATEGORY_ID": str(one.category_id) if one.category_id else None,
        "COLOR": colour,
        "SEMANTICS": None if one.semantics == "P" else one.semantics,
        "EXTRA": {"SEMANTICS": one.extra, "COLOR": colour},
    }


def _user_field_row(one: UserField, *, with_labels: bool) -> dict[str, Any]:
    labels = {name: one.label for name in ("EDIT_FORM_LABEL", "LIST_COLUMN_LABEL", "LIST_FILTER_LABEL")}
    choices = [
        {"ID": str(number), "SORT": str(place * 10), "VALUE": value, "DEF": "N"}
        for place, (number, value) in enumerate(one.choices, start=1)
    ]
    return {
        "ID": str(one.id),
        "ENTITY_ID": one.kind.user_field_entity,
        "FIELD_NAME": one.code,
        "USER_TYPE_ID": one.user_type,
        "XML_ID": None,
        "SORT": "100",
        "MULTIPLE": "N",
        "MANDATORY": "N",
        "SHOW_FILTER": "E",
        "SHOW_IN_LIST": "Y",
        "EDIT_IN_LIST": "Y",
        "IS_SEARCHABLE": "N",
        **(labels if with_labels else {}),
        **({"LIST": choices} if choices else {}),
    }
