"""The list of uploadings is read to the end, whatever happens to it meanwhile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.ports.http import OutcomeUnknown
from leadloop.yandex.listing import read_to_the_end
from leadloop.yandex.uploading import Totals, Uploading


def rows(*numbers: int) -> list[Uploading]:
    return [Uploading(str(number), f"token{number}", "PROCESSED", Totals()) for number in numbers]


class MovingList:
    """A list into which rows come between two pages."""

    def __init__(self, held: list[int], arrivals: list[list[int]], newest_first: bool) -> None:
        self.held = held
        self.arrivals = arrivals
        self.newest_first = newest_first
        self.calls = 0

    def page(self, limit: int, offset: int) -> list[Uploading]:
        if self.calls and self.arrivals:
            self.held += self.arrivals.pop(0)
        self.calls += 1
        ordered = self.held[::-1] if self.newest_first else self.held
        return rows(*ordered[offset : offset + limit])


@given(
    count=st.integers(0, 30),
    page_size=st.integers(5, 8),
    arriving=st.lists(st.integers(0, 3), max_size=10),
    newest_first=st.booleans(),
)
def test_every_row_that_was_there_at_the_beginning_is_read(
    count: int, page_size: int, arriving: list[int], newest_first: bool
) -> None:
    number = count
    arrivals = []
    for size in arriving:
        arrivals.append(list(range(number, number + size)))
        number += size
    moving = MovingList(list(range(count)), arrivals, newest_first)
    listing = read_to_the_end(moving.page, page_size)
    read = [uploading.id for uploading in listing]
    assert {str(one) for one in range(count)} <= set(read)
    assert len(read) == len(set(read))


def test_a_short_page_is_not_taken_for_the_end() -> None:
    """A vendor may give fewer rows than were asked for."""
    everything = list(range(25))
    listing = read_to_the_end(lambda _limit, offset: rows(*everything[offset : offset + 10]), 1000)
    assert len(listing) == 25


def test_a_vendor_that_knows_no_offset_is_read_once() -> None:
    listing = read_to_the_end(lambda _limit, _offset: rows(1, 2, 3), 2)
    assert [one.id for one in listing] == ["1", "2", "3"]


def test_a_list_that_lost_rows_between_pages_is_read_again() -> None:
    readings = iter([rows(1, 2, 3), rows(5, 6), rows(1, 2, 4), rows(4, 5, 6), rows(6), rows(6)])
    listing = read_to_the_end(lambda _limit, _offset: next(readings), 3)
    assert [one.id for one in listing] == ["1", "2", "4", "5", "6"]


def test_a_list_that_never_holds_still_is_not_called_complete() -> None:
    calls = iter(range(1000))
    with pytest.raises(OutcomeUnknown):
        read_to_the_end(lambda _limit, _offset: rows(next(calls), next(calls)), 2)
