"""What changed in a portal, in pieces: leads first, then deals, so that a lead is known before the deal made of it.

Bitrix24 knows no list of changes but cards by the time of their last one. A page begins behind the last card of the one
before, by time and then by id; a card that is edited meanwhile moves to the end and is met again, and none is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

from leadloop.crm.bitrix24.cards import list_command
from leadloop.crm.bitrix24.client import PAGE, AnswerUnreadable, Bitrix24Client, items_of
from leadloop.crm.bitrix24.kinds import Kind
from leadloop.crm.bitrix24.shapes import change_of, id_of
from leadloop.json_types import Json, JsonObject

_PAGES_A_PIECE = 5
_MOST_PIECES = 200
_ORDER: JsonObject = {"updatedTime": "ASC", "id": "ASC"}


class Piece(NamedTuple):
    """Some cards of one kind, none changed before the time asked for; ``position`` leads on, ``None`` at the end."""

    kind: Kind
    cards: list[JsonObject]
    position: JsonObject | None


def next_piece(
    client: Bitrix24Client,
    kinds: Sequence[Kind],
    since: datetime,
    position: JsonObject | None,
    select: Sequence[Json] = (),
) -> Piece:
    """The cards changed at or after ``since`` that follow a position."""
    at = position or {}
    kind = next((one for one in kinds if one.letter == at.get("kind")), kinds[0])
    last = (str(at["time"]), str(at["id"])) if at.get("kind") == kind.letter and "time" in at else None
    cards: list[JsonObject] = []
    for _ in range(_PAGES_A_PIECE):
        page = _page(client, kind, since, last, select)
        cards += page
        if len(page) < PAGE:
            following = next((after for before, after in pairwise(kinds) if before is kind), None)
            return Piece(kind, cards, {"kind": following.letter} if following is not None else None)
        last = (_written(change_of(page[-1], kind).at), id_of(page[-1].get("id")))
    return Piece(kind, cards, {"kind": kind.letter, "time": last[0], "id": last[1]} if last is not None else None)


def everything_since(
    client: Bitrix24Client, kinds: Sequence[Kind], since: datetime, select: Sequence[Json]
) -> Iterator[tuple[Kind, JsonObject]]:
    """Every card changed at or after an instant, some perhaps twice. Raises ``AnswerUnreadable`` if endless."""
    position: JsonObject | None = None
    for _ in range(_MOST_PIECES):
        piece = next_piece(client, kinds, since, position, select)
        yield from ((piece.kind, card) for card in piece.cards)
        if piece.position is None:
            return
        position = piece.position
    most = _MOST_PIECES * _PAGES_A_PIECE
    raise AnswerUnreadable("list_leads", f"expected at most {most} pages of changes, found more")


def _page(
    client: Bitrix24Client, kind: Kind, since: datetime, last: tuple[str, str] | None, select: Sequence[Json]
) -> list[JsonObject]:
    filters: JsonObject = {">=updatedTime": _written(since)}
    if last is not None:
        time, number = last
        behind: JsonObject = {"logic": "OR", "0": {">updatedTime": time}, "1": {"=updatedTime": time, ">id": number}}
        filters = {"0": behind}
    asked = [*dict.fromkeys(("id", "updatedTime", *map(str, select)))]
    page = items_of("list_leads", client.call("list_leads", list_command(kind, filters, asked, _ORDER)))
    times = [change_of(card, kind).at for card in page]
    if any(later < earlier for earlier, later in pairwise(times)):
        raise AnswerUnreadable("list_leads", "expected cards in the order of their last change, found another order")
    return page


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds")
