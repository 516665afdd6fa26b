"""Rows of CoMagic's reports as leadloop's own shapes.

A report answers with the fields that are asked for; by default ClientID, click ids and tags are not among them.
https://comagic.github.io/data_api/report/get_calls_report/ and the pages beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from leadloop.crm.comagic.client import AnswerUnreadable
from leadloop.crm.comagic.ids import external_id
from leadloop.crm.port import (
    LONGEST_TEXT,
    Communication,
    ContactPoints,
    CrmLead,
    History,
    Medium,
    Status,
    Transition,
)
from leadloop.identity.ad_ids import read_ad_ids
from leadloop.identity.contact_signs import looks_like_contact
from leadloop.json_types import Json, JsonObject
from leadloop.sources.signs import host_of

TAGS = "tags"
"""Tags are one list: the pipeline that their ids are statuses of."""
UNTAGGED = Status(TAGS, "0")

LOOKS = (timedelta(minutes=15), *(timedelta(hours=hours) for hours in (1, 2, 6, 24)))
"""How old a row is when it is looked at again: it comes once the call is over, and ids join it hours later."""

_IDS = {"client_id": "ym_client_id", "yclid": "yclid", "gclid": "gclid"}
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
_WITH_COUNTRY = 11
"""Digits that a Russian number has with its country code."""
_DIALLED_AT_HOME = re.compile(r"8\d{10}")
_YEARS = range(2000, 2100)
"""What is not of these stands for no time, as the year 1 does, and an hour of it may be none in another zone."""
_OF_ALL = ("communication_id", "tags", "referrer", *_IDS.values(), *_UTM)


class Report(NamedTuple):
    """One kind of communications: where its rows are, and under which names."""

    method: str
    time: str
    fields: tuple[str, ...]
    phone: str
    email: str | None = None

    def asked(self, *, with_contacts: bool) -> tuple[str, ...]:
        """The fields to ask for; without contacts in the mode ``none``."""
        contacts = (self.phone, *((self.email,) if self.email else ())) if with_contacts else ()
        return (*_OF_ALL, self.time, *self.fields, *contacts)


REPORTS = {
    Medium.CALL: Report(
        "get.calls_report",
        "start_time",
        ("direction", "is_lost", "talk_duration", "virtual_phone_number"),
        "contact_phone_number",
    ),
    Medium.CHAT: Report("get.chats_report", "date_time", ("status",), "visitor_phone_number"),
    Medium.REQUEST: Report("get.offline_messages_report", "date_time", (), "visitor_phone_number", "visitor_email"),
}
LISTED = ("id", "communication_type", "date_time", "tags")
"""What is asked of the list of all communications."""


class Row(NamedTuple):
    """One communication, read."""

    lead: CrmLead
    history: History
    points: ContactPoints


def row_of(medium: Medium, row: JsonObject, zone: ZoneInfo, now: datetime) -> Row:
    """A row of its report. Raises ``AnswerUnreadable`` when a promised member is missing."""
    report = REPORTS[medium]
    at = instant(row.get(report.time), zone)
    ids = read_ad_ids({name: (_text(row.get(field)),) for name, field in _IDS.items()}).found
    moves = _moves(_tags(row), at, zone)
    id_ = external_id(medium, number_of(row.get("communication_id")))
    lead = CrmLead(
        external_id=id_,
        status=moves[-1].after if moves else UNTAGGED,
        price=None,
        created_at=at,
        updated_at=changed_at(row, at, zone, now),
        contact_ids=(id_,),
        ids=ids,
        call_seconds=_whole(row.get("talk_duration")),
        source=_source(row),
        communication=Communication(medium, row.get("direction") != "out", _is_answered(row)),
    )
    return Row(lead, History(moves), _points(row, report))


def changed_at(row: JsonObject, at: datetime, zone: ZoneInfo, now: datetime) -> datetime:
    """When the row changed last, as far as is known: by itself, by a tag, or by its age, when it is looked at again.

    An hour that the clocks of the zone go through twice counts as the second time here, and nothing as after ``now``:
    a change is rather seen twice than missed.
    """
    known = [at, *(at + age for age in LOOKS)]
    known += [_set_at(tag, at, zone, fold=1) for tag in _tags(row)]
    return max((one for one in known if one <= now), default=at)


def instant(written: Json, zone: ZoneInfo, fold: int = 0) -> datetime:
    """A time without a zone, of the account's. Raises ``AnswerUnreadable`` when there is none of these decades."""
    try:
        local = datetime.fromisoformat(_text(written))
    except ValueError:
        raise AnswerUnreadable("comagic", "read", "expected a time YYYY-MM-DD hh:mm:ss, found none") from None
    if local.year not in _YEARS:
        raise AnswerUnreadable("comagic", "read", "expected a time of these decades, found one that stands for none")
    return local.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def number_of(value: Json) -> str:
    """An id as text. Raises ``AnswerUnreadable`` for anything but a positive whole number."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text.isdecimal() or int(text) == 0:
        raise AnswerUnreadable(
            "comagic", "read", "expected an id that is a positive whole number, found something else"
        )
    return text


def _moves(tags: Iterable[JsonObject], began: datetime, zone: ZoneInfo) -> tuple[Transition, ...]:
    """Tags as stages in the order they were set. Nothing tells of one that was taken off again."""
    found = sorted((_set_at(tag, began, zone), number_of(tag.get("tag_id"))) for tag in tags)
    moves, before = list[Transition](), UNTAGGED
    for at, tag_id in found:
        after = Status(TAGS, tag_id)
        moves.append(Transition(at, f"tag-{tag_id}", before, after))
        before = after
    return tuple(moves)


def _set_at(tag: JsonObject, began: datetime, zone: ZoneInfo, fold: int = 0) -> datetime:
    """When a tag was set; one that does not tell, or tells no time, was there from the beginning."""
    try:
        return instant(tag.get("tag_change_time"), zone, fold)
    except AnswerUnreadable:
        return began


def _source(row: JsonObject) -> Mapping[str, str]:
    """Tags of the visit, where it came from, and which number was called. A referrer without its parameters."""
    found = {name: _text(row.get(name))[:LONGEST_TEXT] for name in _UTM}
    address = _text(row.get("referrer")).partition("?")[0].partition("#")[0]
    found["referrer"] = address.rpartition("://")[2][:LONGEST_TEXT] if host_of(address) else ""
    stated = {name: text for name, text in found.items() if text and not looks_like_contact(text)}
    called = _text(row.get("virtual_phone_number"))
    return {**stated, **({"called_number": called} if called else {})}


def _is_answered(row: JsonObject) -> bool:
    return row.get("is_lost") is not True and row.get("status") != "lost"


def _points(row: JsonObject, report: Report) -> ContactPoints:
    """Phones come as digits, in requests and chats even as a number: an international one has lost its plus."""
    phone, email = _text(row.get(report.phone)), _text(row.get(report.email)) if report.email else ""
    is_international = phone.isdecimal() and len(phone) >= _WITH_COUNTRY and not _DIALLED_AT_HOME.fullmatch(phone)
    return ContactPoints((f"+{phone}" if is_international else phone,) if phone else (), (email,) if email else ())


def _tags(row: JsonObject) -> list[JsonObject]:
    tags = row.get("tags")
    return [tag for tag in tags if isinstance(tag, dict)] if isinstance(tags, list) else []


def _text(value: Json) -> str:
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _whole(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
