"""Prices from the feed, from the card, and from both when they do not agree."""

from __future__ import annotations

from datetime import datetime, timedelta

from leadloop.crm.port import PriceChange
from leadloop.crm.prices import MOST_PRICES, Card, Priced, read_prices
from support.settable_clock import MORNING

HOUR = timedelta(hours=1)


def after(hours: float) -> datetime:
    return MORNING + hours * HOUR


def feed(*amounts: tuple[float, int]) -> tuple[PriceChange, ...]:
    """Changes that follow one another; what was there before the first is nothing."""
    before = (0, *(amount for _, amount in amounts))
    return tuple(
        PriceChange(after(hours), f"event-{number}", before[number], amount)
        for number, (hours, amount) in enumerate(amounts)
    )


def test_the_feed_dates_every_change() -> None:
    told = read_prices(Card(300, after(9)), feed((1, 100), (2, 0), (3, 300)), MORNING, None)
    assert told == (Priced(after(1), 100), Priced(after(2), 0), Priced(after(3), 300))


def test_a_price_that_never_changed_was_there_from_the_beginning() -> None:
    assert read_prices(Card(300, after(9)), (), MORNING, None) == (Priced(MORNING, 300),)


def test_no_price_is_no_news() -> None:
    assert read_prices(Card(0, after(9)), (), MORNING, None) == ()
    assert read_prices(Card(0, after(9)), None, MORNING, None) == ()


def test_who_comes_to_a_deal_later_is_told_what_it_costs_then() -> None:
    told = read_prices(Card(300, after(9)), feed((1, 100), (2, 200), (3, 300)), after(2.5), None)
    assert told == (Priced(after(2.5), 200), Priced(after(3), 300))


def test_changes_of_one_second_keep_their_order() -> None:
    told = read_prices(Card(300, after(1)), feed((1, 100), (1, 200), (1, 300)), MORNING, None)
    assert [one.amount for one in told] == [100, 200, 300]
    assert sorted(told) == list(told)


def test_a_card_that_is_ahead_of_the_feed_is_believed_at_once_as_of_its_last_change() -> None:
    told = read_prices(Card(200, after(2)), feed((1, 100)), MORNING, Priced(after(1), 100))
    assert told == (Priced(after(1), 100), Priced(after(2), 200))
    assert read_prices(Card(200, after(2)), (), MORNING, Priced(MORNING, 0)) == (Priced(after(2), 200),)


def test_and_is_not_told_again_while_the_feed_never_catches_up() -> None:
    told = read_prices(Card(200, after(5)), feed((1, 100)), MORNING, Priced(after(2), 200))
    assert told == (Priced(after(1), 100),)


def test_without_a_feed_the_card_is_believed_when_it_shows_another_price() -> None:
    assert read_prices(Card(200, after(2)), None, MORNING, None) == (Priced(after(2), 200),)
    assert read_prices(Card(200, after(5)), None, MORNING, Priced(after(2), 200)) == ()
    assert read_prices(Card(0, after(5)), None, MORNING, Priced(after(2), 200)) == (Priced(after(5), 0),)


def test_a_price_that_is_written_to_and_fro_leaves_room_for_stages() -> None:
    changes = feed(*((hours, hours % 2 + 1) for hours in range(1, 3 * MOST_PRICES)))
    told = read_prices(Card(changes[-1].after, after(999)), changes, MORNING, None)
    assert len(told) == MOST_PRICES
    assert told[-1].at == changes[-1].at
