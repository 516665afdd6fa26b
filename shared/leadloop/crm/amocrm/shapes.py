"""amoCRM's JSON as leadloop's own shapes. Ids become strings here and stay strings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from leadloop import timestamps
from leadloop.crm.amocrm.client import AnswerUnreadable
from leadloop.crm.amocrm.fields import FieldPlace, filled_at, places, texts_at, texts_of_code
from leadloop.crm.card_texts import ad_ids_in, minor_units_of, seconds_in, source_texts_in
from leadloop.crm.port import (
    Change,
    ContactPoints,
    CrmLead,
    FieldChange,
    History,
    Loss,
    PriceChange,
    Status,
    Transition,
)
from leadloop.json_types import Json, JsonObject
from leadloop.policy.amocrm import AmoCrmFields

_END_OF_TIME = 253_402_300_800
"""The year 10000, beyond which there are no dates."""


def lead_of(item: JsonObject, fields: AmoCrmFields, asked: Iterable[FieldPlace] = ()) -> CrmLead:
    """A lead of a list or of a single answer; ``asked``: fields of which only matters whether they are filled.

    ``loss_reason_id`` and ``responsible_user_id`` are null or 0 when there is none
    (https://www.amocrm.ru/developers/content/crm_platform/leads-api). Raises ``AnswerUnreadable`` when a promised
    member is missing.
    """
    texts = texts_at(item, places(fields))
    return CrmLead(
        external_id=id_of(item.get("id")),
        status=Status(id_of(item.get("pipeline_id")), id_of(item.get("status_id"))),
        price=minor_units_of(item.get("price")),
        created_at=_instant(item, "created_at"),
        updated_at=_instant(item, "updated_at"),
        closed_at=_instant(item, "closed_at") if item.get("closed_at") else None,
        contact_ids=_main_first(embedded(item, "contacts")),
        ids=ad_ids_in(texts),
        leadloop_id=texts.get("leadloop_id"),
        submission_id=texts.get("submission_id"),
        filled=filled_at(item, asked),
        responsible=_id_or_none(item.get("responsible_user_id")),
        loss_reason=_id_or_none(item.get("loss_reason_id")),
        call_seconds=seconds_in(texts.get("call_seconds", "")),
        source=_source_of(item, texts),
    )


def change_of(item: JsonObject) -> Change:
    """That a lead changed, and when."""
    return Change(id_of(item.get("id")), _instant(item, "updated_at"))


def written_at(answer: Json) -> datetime | None:
    """What a PATCH says of the lead's time of last change, if it does."""
    at = answer.get("updated_at") if isinstance(answer, dict) else None
    return timestamps.from_unix(at) if isinstance(at, int) and 0 <= at < _END_OF_TIME else None


def transition_of(event: JsonObject) -> tuple[str, Transition] | None:
    """The lead and its change of status in an event; ``None`` for any other event, filtered for or not."""
    before, after = _status(event.get("value_before")), _status(event.get("value_after"))
    if event.get("type") != "lead_status_changed" or before is None or after is None:
        return None
    return id_of(event.get("entity_id")), Transition(_instant(event, "created_at"), str(event.get("id")), before, after)


def price_change_of(event: JsonObject) -> tuple[str, PriceChange] | None:
    """The lead and its change of price in an event (``sale_field_changed``); ``None`` for any other.

    A price that no store could hold is told as none.
    """
    before, after = _sale(event.get("value_before")), _sale(event.get("value_after"))
    if event.get("type") != "sale_field_changed" or before is None or after is None:
        return None
    prices = (minor_units_of(before) or 0, minor_units_of(after) or 0)
    return id_of(event.get("entity_id")), PriceChange(_instant(event, "created_at"), str(event.get("id")), *prices)


def loss_of(event: JsonObject) -> tuple[str, Loss] | None:
    """The lead that was deleted, merged away or restored in an event; ``None`` for any other."""
    kind = event.get("type")
    if kind not in ("lead_deleted", "lead_restored"):
        return None
    lost = Loss(_instant(event, "created_at"), str(event.get("id")), kind == "lead_restored")
    return id_of(event.get("entity_id")), lost


def history_of(told: Iterable[Transition | PriceChange | Loss]) -> History:
    """What events told of one lead, in its order."""
    events = sorted(told, key=lambda one: (one.at, one.event_id))
    return History(
        tuple(one for one in events if isinstance(one, Transition)),
        tuple(one for one in events if isinstance(one, PriceChange)),
        tuple(one for one in events if isinstance(one, Loss)),
    )


def field_change_of(event: JsonObject, names: Mapping[int, str]) -> tuple[str, FieldChange] | None:
    """The lead and its field's change in an event (``custom_field_{id}_value_changed``); ``None`` for any other.

    ``names``: our names of fields by their ids. Of several values the first counts, as it does in a reading.
    """
    before, after = _field_value(event.get("value_before")), _field_value(event.get("value_after"))
    field_id = after.get("field_id") or before.get("field_id")
    name = names.get(field_id) if isinstance(field_id, int) else None
    if name is None or event.get("type") != f"custom_field_{field_id}_value_changed":
        return None
    old, new = (str(value.get("text") or "").strip() for value in (before, after))
    by = _id_or_none(event.get("created_by")) or ""
    change = FieldChange(_instant(event, "created_at"), str(event.get("id")), name, old, new, by)
    return id_of(event.get("entity_id")), change


def contact_points_of(contact: JsonObject) -> ContactPoints:
    """Phones and e-mails of a contact."""
    return ContactPoints(texts_of_code(contact, "PHONE"), texts_of_code(contact, "EMAIL"))


def embedded(item: JsonObject, member: str) -> list[JsonObject]:
    """Entities embedded in another; none when they were not asked for."""
    inside = item.get("_embedded")
    held = inside.get(member) if isinstance(inside, dict) else None
    return [one for one in held if isinstance(one, dict)] if isinstance(held, list) else []


def id_of(value: Json) -> str:
    """An id as text. Raises ``AnswerUnreadable`` for anything but a positive whole number."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return str(value)
    if isinstance(value, str) and value.isdecimal():
        return value
    raise AnswerUnreadable("amocrm", "read", "expected an id that is a positive whole number, found something else")


def _id_or_none(value: Json) -> str | None:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _source_of(item: JsonObject, texts: Mapping[str, str]) -> dict[str, str]:
    """``created_by`` 0 is a robot, a form or the API (see the leads page)."""
    creator = item.get("created_by")
    is_told = isinstance(creator, int) and not isinstance(creator, bool)
    return {**source_texts_in(texts), **({"created_by": str(creator)} if is_told else {})}


def _field_value(values: Json) -> JsonObject:
    first = values[0] if isinstance(values, list) and values else None
    held = first.get("custom_field_value") if isinstance(first, dict) else None
    return held if isinstance(held, dict) else {}


def _main_first(contacts: list[JsonObject]) -> tuple[str, ...]:
    ordered = sorted(contacts, key=lambda contact: not contact.get("is_main"))
    return tuple(id_of(contact.get("id")) for contact in ordered)


def _status(values: Json) -> Status | None:
    first = values[0] if isinstance(values, list) and values else None
    held = first.get("lead_status") if isinstance(first, dict) else None
    return Status(id_of(held.get("pipeline_id")), id_of(held.get("id"))) if isinstance(held, dict) else None


def _sale(values: Json) -> Json:
    first = values[0] if isinstance(values, list) and values else None
    held = first.get("sale_field_value") if isinstance(first, dict) else None
    return held.get("sale") if isinstance(held, dict) else None


def _instant(item: JsonObject, member: str) -> datetime:
    value = item.get(member)
    if isinstance(value, int) and 0 <= value < _END_OF_TIME:
        return timestamps.from_unix(value)
    raise AnswerUnreadable("amocrm", "read", f"expected Unix seconds in {member}, found something else")
