"""What changed in an amoCRM account, in pieces, whether or not the account honours filters.

Filtering is labelled alpha and a paid option, and what an account without it answers is unconfirmed
(https://www.amocrm.ru/developers/content/crm_platform/filters-api). So every answer is checked:

- honoured: pages ascend by ``updated_at``; the next piece begins at the last time seen, not at the next
  page, because a lead edited meanwhile moves to the end and would shift another one past the cursor;
- not honoured or refused: walk from the newest down to ``since``. An edit meanwhile only repeats rows.

Where only the next page leads on (a second in which more leads changed than a page holds, and the walk), a lead that
leaves its place shifts those behind it onto a page that was read. So such pages are read once more, from the last to
the first: then whatever is shifted comes to meet the reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from leadloop import timestamps
from leadloop.crm.amocrm.client import MOST_PAGES, AmoCrmClient, AnswerUnreadable, Params
from leadloop.json_types import JsonObject
from leadloop.ports.http import Refused

PAGE_SIZE = "250"


class LeadPiece(NamedTuple):
    """Some raw leads, none older than asked; ``position`` leads on, ``None`` at the end."""

    leads: list[JsonObject]
    position: JsonObject | None


def next_piece(client: AmoCrmClient, since: datetime, position: JsonObject | None) -> LeadPiece:
    """The leads changed at or after ``since`` that follow a position."""
    held = position or {}
    page, is_back = _whole(held, "page", 1), held.get("back") is True
    if held.get("newest_first") is True:
        return _walk(client, since, page, is_back)
    start = _whole(held, "from", timestamps.to_unix(since))
    try:
        leads, following = _page(client, page, ("order[updated_at]", "asc"), ("filter[updated_at][from]", str(start)))
    except Refused as refused:
        if refused.status != 400:
            raise
        return _walk(client, since, 1)
    times = [_updated_at(lead) for lead in leads]
    if any(at < start for at in times) or any(later < earlier for earlier, later in pairwise(times)):
        return _walk(client, since, 1)
    if is_back:
        return LeadPiece(leads, _back(start, page, _whole(held, "then", 0)))
    if following is None:
        return LeadPiece(leads, _back(start, page, 0))
    if not times or times[-1] == start:  # a whole page of one second: only its next page leads on
        return LeadPiece(leads, {"from": start, "page": page + 1})
    return LeadPiece(leads, _back(start, page, times[-1]))


def _back(start: int, page: int, then: int) -> JsonObject | None:
    """The page before one of the same second; after its first page on from the time ``then``, or with 0 to the end."""
    if page > 1:
        return {"from": start, "page": page - 1, "back": True, "then": then}
    return {"from": then, "page": 1} if then else None


def everything_since(client: AmoCrmClient, since: datetime) -> Iterator[JsonObject]:
    """Every lead changed at or after an instant, some perhaps twice. Raises ``AnswerUnreadable`` if endless."""
    position: JsonObject | None = None
    for _ in range(MOST_PAGES):
        piece = next_piece(client, since, position)
        yield from piece.leads
        if piece.position is None:
            return
        position = piece.position
    raise AnswerUnreadable("amocrm", "list_leads", f"expected at most {MOST_PAGES} pages of changes, found more")


def _walk(client: AmoCrmClient, since: datetime, page: int, is_back: bool = False) -> LeadPiece:
    leads, following = _page(client, page, ("order[updated_at]", "desc"))
    oldest = timestamps.to_unix(since)
    recent = [lead for lead in leads if _updated_at(lead) >= oldest]
    is_last = following is None or (len(recent) < len(leads) and _descends(leads))
    if not (is_last or is_back):
        return LeadPiece(recent, {"newest_first": True, "page": page + 1})
    before: JsonObject = {"newest_first": True, "page": page - 1, "back": True}
    return LeadPiece(recent, before if page > 1 else None)


def _descends(leads: list[JsonObject]) -> bool:
    """Whether the order was honoured; if not, only the last page is the end."""
    times = [_updated_at(lead) for lead in leads]
    return all(later <= earlier for earlier, later in pairwise(times))


def _page(client: AmoCrmClient, page: int, *params: tuple[str, str]) -> tuple[list[JsonObject], Params | None]:
    asked = (*params, ("limit", PAGE_SIZE), ("page", str(page)))
    return client.page("list_leads", "leads", asked, "leads")


def _updated_at(lead: JsonObject) -> int:
    value = lead.get("updated_at")
    return value if isinstance(value, int) else 0


def _whole(position: JsonObject, member: str, otherwise: int) -> int:
    value = position.get(member)
    return value if isinstance(value, int) else otherwise
