"""Bitrix24's JSON as leadloop's own shapes. Ids become strings here and stay strings.

Universal methods answer with numbers, and the history of stages sometimes with texts: both are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from leadloop import timestamps
from leadloop.crm.bitrix24.client import AnswerUnreadable
from leadloop.crm.bitrix24.fields import filled_at, texts_at
from leadloop.crm.bitrix24.kinds import DEAL, LEAD, Kind, external_id
from leadloop.crm.card_texts import ad_ids_in, minor_units_of, seconds_in, source_texts_in
from leadloop.crm.port import Change, ContactPoints, CrmLead, Status, Transition
from leadloop.json_types import Json, JsonObject
from leadloop.policy.bitrix24 import LEADS

_SHARED = ("id", "stageId", "stageSemanticId", "createdTime", "updatedTime", "movedTime", "opportunity", "currencyId")
_LINKS = ("contactId", "contactIds", "assignedById", "createdBy")
STANDARD: Mapping[Kind, tuple[str, ...]] = {
    DEAL: (*_SHARED, *_LINKS, "categoryId", "leadId"),
    LEAD: (*_SHARED, *_LINKS, "hasPhone", "hasEmail"),
}
"""What is asked of every deal and lead besides the policy's fields. Nobody's name, phone or e-mail is among it."""
LOST = "F"
"""What a stage means in which a deal or lead is lost."""
_ENDED = ("S", "F")


class Reading(NamedTuple):
    """How a kind is read under a policy: our names of fields → how calls name them."""

    kind: Kind
    named: Mapping[str, str]
    asked: Mapping[str, str]
    """Fields of which only matters whether they are filled."""
    currency: str
    """What prices are counted in."""
    reads_leads: bool = False
    """Whether leads are known, so that a deal may continue one."""
    says_why_lost: bool = False
    """Whether the policy names a field for it."""

    @property
    def select(self) -> list[Json]:
        """The fields to ask for."""
        return [*dict.fromkeys((*STANDARD[self.kind], *self.named.values(), *self.asked.values()))]


def lead_of(item: JsonObject, reading: Reading) -> CrmLead:
    """A deal or a lead. Raises ``AnswerUnreadable`` when a promised member is missing."""
    texts = texts_at(item, reading.named)
    kind, semantics = reading.kind, item.get("stageSemanticId")
    own_id = external_id(kind, id_of(item.get("id")))
    price = minor_units_of(_number(item.get("opportunity")))
    currency = str(item.get("currencyId") or reading.currency)
    lead_id = _id_or_none(item.get("leadId")) if reading.reads_leads else None
    creator = item.get("createdBy")
    return CrmLead(
        external_id=own_id,
        status=Status(_pipeline(kind, item.get("categoryId")), str(item.get("stageId"))),
        price=price if currency == reading.currency else None,
        created_at=_instant(item, "createdTime"),
        updated_at=_instant(item, "updatedTime"),
        closed_at=_instant(item, "movedTime") if semantics in _ENDED and item.get("movedTime") else None,
        contact_ids=_contacts(item, own_id),
        ids=ad_ids_in(texts),
        leadloop_id=texts.get("leadloop_id"),
        submission_id=texts.get("submission_id"),
        filled=filled_at(item, reading.asked),
        responsible=_id_or_none(item.get("assignedById")),
        loss_reason=_why_lost(item, texts, reading),
        call_seconds=seconds_in(texts.get("call_seconds", "")),
        source={**source_texts_in(texts), **({"created_by": str(creator)} if isinstance(creator, int) else {})},
        continues=(external_id(LEAD, lead_id),) if lead_id is not None else (),
        other_currency=currency if price is not None and currency != reading.currency else None,
    )


def change_of(item: JsonObject, kind: Kind) -> Change:
    """That a deal or a lead changed, and when."""
    return Change(external_id(kind, id_of(item.get("id"))), _instant(item, "updatedTime"))


def changed_at(item: JsonObject) -> datetime:
    """When a card changed last."""
    return _instant(item, "updatedTime")


def moves_of(rows: Sequence[JsonObject], kind: Kind) -> tuple[Transition, ...]:
    """The stages that rows of the history tell of, in their order; the first one is that of the creation.

    https://apidocs.bitrix24.ru/api-reference/crm/crm-stage-history-list.html
    """
    entries = sorted((int(id_of(row.get("ID"))), _instant(row, "CREATED_TIME"), _entered(row, kind)) for row in rows)
    if not entries:
        return ()
    before = [None, *(status for _, _, status in entries)]
    moves = zip(before, entries, strict=False)
    return tuple(Transition(at, str(number), left, entered) for left, (number, at, entered) in moves)


def contact_points_of(item: JsonObject) -> ContactPoints:
    """Phones and e-mails of a contact, or of a lead that has its own."""
    held = item.get("fm")
    rows = [row for row in held if isinstance(row, dict)] if isinstance(held, list) else []

    def typed(type_id: str) -> tuple[str, ...]:
        return tuple(str(row["value"]) for row in rows if row.get("typeId") == type_id and row.get("value"))

    return ContactPoints(typed("PHONE"), typed("EMAIL"))


def id_of(value: Json) -> str:
    """An id as text. Raises ``AnswerUnreadable`` for anything but a positive whole number."""
    found = _id_or_none(value)
    if found is None:
        raise AnswerUnreadable("read", "expected an id that is a positive whole number, found something else")
    return found


def _id_or_none(value: Json) -> str | None:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if text.isdecimal() and text.isascii() and int(text) > 0 else None


def _number(price: Json) -> Json:
    """Universal methods write prices as numbers, classic ones as texts (``5000.00``)."""
    if isinstance(price, str) and re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,9})?", price, re.ASCII):
        return float(price)
    return price


def _pipeline(kind: Kind, category: Json) -> str:
    return LEADS if kind is LEAD else str(category or 0)


def _entered(row: JsonObject, kind: Kind) -> Status:
    stage = row.get("STATUS_ID") if kind is LEAD else row.get("STAGE_ID")
    return Status(_pipeline(kind, row.get("CATEGORY_ID")), str(stage))


def _why_lost(item: JsonObject, texts: Mapping[str, str], reading: Reading) -> str | None:
    """The entry of the policy's field, or else the lost stage itself: there are several.

    An entry goes by its number. What else such a field holds is a text that somebody typed, and is not read.
    """
    if item.get("stageSemanticId") != LOST:
        return None
    return _id_or_none(texts.get("loss_reason")) if reading.says_why_lost else str(item.get("stageId"))


def _contacts(item: JsonObject, own_id: str) -> tuple[str, ...]:
    """A lead that has a phone or an e-mail of its own is its own main contact; else the main one comes first."""
    linked = item.get("contactIds")
    found = [_id_or_none(one) for one in (item.get("contactId"), *(linked if isinstance(linked, list) else ()))]
    own = [own_id] if "Y" in (item.get("hasPhone"), item.get("hasEmail")) else []
    return tuple(dict.fromkeys([*own, *(one for one in found if one is not None)]))


def _instant(item: JsonObject, member: str) -> datetime:
    try:
        return timestamps.from_text(str(item.get(member)))
    except ValueError:
        raise AnswerUnreadable("read", f"expected a time with its offset in {member}, found something else") from None
