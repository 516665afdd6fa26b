"""What changed in a CoMagic account: its communications of the last weeks, each with the time of its latest change.

No report tells when a row changed, and none can be filtered by the time of a tag. So every pull lists all of the time
in which a late tag still counts, the ids and tags alone: one call for ten thousand communications.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from leadloop.crm.comagic.client import AnswerUnreadable, CoMagicClient
from leadloop.crm.comagic.ids import MEDIA, external_id
from leadloop.crm.comagic.rows import LISTED, changed_at, instant, number_of
from leadloop.crm.port import Change, ChangePage, Medium
from leadloop.json_types import JsonObject

LOOKED_BACK = timedelta(days=21)
"""So long after a visit Metrica links what becomes of it; a tag may come on any of these days."""
_AHEAD = timedelta(days=1)
"""The zone of a report is not told for certain; what it holds it holds now, whatever it calls that."""
PAGE_SIZE = 10_000


def next_page(
    client: CoMagicClient,
    media: Collection[Medium],
    zone: ZoneInfo,
    now: datetime,
    since: datetime,
    position: JsonObject | None,
) -> ChangePage:
    """The communications changed at or after ``since`` that follow a position.

    The next page begins at the last time seen, not at the next row: a row that appears late shifts all after it.
    """
    asked = period(now - LOOKED_BACK, now, zone)
    start, offset = asked["date_from"], 0
    if position is not None:
        start, offset = str(position.get("from") or start), int(str(position.get("offset") or 0))
    order = [{"field": "date_time", "order": "asc"}]
    params = {**asked, "date_from": start, "sort": order, "limit": PAGE_SIZE, "offset": offset}
    rows = client.get("list_communications", "get.communications_report", LISTED, **params).rows
    chosen = [row for row in rows if MEDIA.get(str(row.get("communication_type"))) in media]
    changes = [_change(row, zone, now) for row in chosen]
    unreadable = tuple(_name(row) for row, one in zip(chosen, changes, strict=True) if one is None)
    found = tuple(one for one in changes if one is not None and one.at >= since)
    return ChangePage(found, _following(rows, start, offset), unreadable)


def period(since: datetime, until: datetime, zone: ZoneInfo) -> dict[str, str]:
    """The two dates that every report needs, as the account's clocks show them."""
    return {"date_from": _written(since, zone), "date_till": _written(until + _AHEAD, zone)}


def _change(row: JsonObject, zone: ZoneInfo, now: datetime) -> Change | None:
    """``None`` for a row without an id or a time: one of them must not hide all others for as long as it is listed."""
    medium = MEDIA[str(row["communication_type"])]
    try:
        at = changed_at(row, instant(row.get("date_time"), zone), zone, now)
        return Change(external_id(medium, number_of(row.get("id"))), at)
    except AnswerUnreadable:
        return None


def _name(row: JsonObject) -> str:
    """What an unreadable row may be looked for by."""
    kind = str(row["communication_type"])
    try:
        return f"{kind} {number_of(row.get('id'))}"
    except AnswerUnreadable:
        return f"{kind} without an id"


def _following(rows: list[JsonObject], start: str, offset: int) -> JsonObject | None:
    if len(rows) < PAGE_SIZE:
        return None
    told = [str(at) for row in rows if (at := row.get("date_time"))]
    last = told[-1] if told else start
    if last == start:  # a whole page of one second: only its next rows lead on
        return {"from": start, "offset": offset + len(rows)}
    return {"from": last, "offset": 0}


def _written(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
