"""What a deal has cost and since when, from the CRM's own feed of prices, or else by its card. Pure.

The feed may lag behind the card. Money does not wait for it: then the card is believed as of its last change, which is
mostly that of the price itself, so that the feed will tell the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from leadloop.crm.port import PriceChange

MOST_PRICES = 100
"""Of one deal, the latest: a program that writes prices to and fro must leave room for stages among a lead's facts."""

_TICK = timedelta(microseconds=1)


class Priced(NamedTuple):
    """The deal had a price from an instant on. Minor units; 0: none."""

    at: datetime
    amount: int


class Card(NamedTuple):
    """The price that a deal shows."""

    amount: int
    updated_at: datetime
    """When the deal changed last, in whatever way."""


def read_prices(
    card: Card, changes: Sequence[PriceChange] | None, since: datetime, known: Priced | None
) -> tuple[Priced, ...]:
    """The prices of a deal from ``since`` on. ``known`` is the last one told; ``None`` when the deal is first told of.

    What it cost before ``since`` it costs at ``since``; no price at the beginning is no news. ``changes`` is ``None``
    where the CRM keeps no record of them.
    """
    is_known = known is not None and known.amount == card.amount
    late = Priced(max(card.updated_at, since), card.amount)
    if changes is None:
        return () if is_known or not (card.amount or known) else (late,)
    at_first = changes[0].before if changes else known.amount if known is not None else card.amount
    told = tuple(_since(since, at_first, changes))[-MOST_PRICES:]
    newest = Priced(changes[-1].at, changes[-1].after) if changes else Priced(since, at_first)
    if newest.amount == card.amount or (is_known and known is not None and known.at >= newest.at):
        return told
    return (*told, late)


def _since(since: datetime, at_first: int, changes: Sequence[PriceChange]) -> Iterator[Priced]:
    """Changes in their order; those of one second, the feed's finest time, are a microsecond apart."""
    earlier = [change for change in changes if change.at <= since]
    last = Priced(since, earlier[-1].after if earlier else at_first)
    if last.amount:
        yield last
    for change in changes[len(earlier) :]:
        last = Priced(change.at if change.at > last.at else last.at + _TICK, change.after)
        yield last
