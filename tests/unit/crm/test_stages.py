"""When a deal entered which status: what the feed says, what it cannot say yet, and what is only a guess."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from leadloop.crm.port import CrmLead, Status, Transition
from leadloop.crm.stages import FEED_LAG, Entry, read_stages
from support.settable_clock import MORNING

NEW, QUALIFIED, MEETING, WON = (Status("7001", one) for one in ("70011", "70012", "70013", "142"))
HOUR = timedelta(hours=1)
STATUSES = st.sampled_from([NEW, QUALIFIED, MEETING, WON])


def deal(status: Status, updated: timedelta = timedelta(0), closed: timedelta | None = None) -> CrmLead:
    closed_at = MORNING + closed if closed is not None else None
    return CrmLead("5", status, None, MORNING, MORNING + updated, closed_at)


def moves(*steps: tuple[timedelta, Status]) -> tuple[Transition, ...]:
    before, made = NEW, []
    for number, (after_creation, status) in enumerate(steps):
        made.append(Transition(MORNING + after_creation, f"{number:04}", before, status))
        before = status
    return tuple(made)


def test_a_new_deal_entered_its_status_when_it_was_created() -> None:
    reading = read_stages(deal(NEW), (), None, MORNING)
    assert reading.entries == (Entry(NEW, MORNING),)
    assert reading.verdict


def test_every_move_and_the_status_before_the_first_one() -> None:
    reading = read_stages(deal(WON, 2 * HOUR), moves((HOUR, MEETING), (2 * HOUR, WON)), None, MORNING + 2 * HOUR)
    assert reading.entries == (Entry(NEW, MORNING), Entry(MEETING, MORNING + HOUR), Entry(WON, MORNING + 2 * HOUR))
    assert reading.verdict


def test_while_the_feed_lags_only_what_it_shows_is_told() -> None:
    for seconds in (0, FEED_LAG.total_seconds() - 1):
        reading = read_stages(
            deal(WON, 2 * HOUR), moves((HOUR, MEETING)), MEETING, MORNING + 2 * HOUR + timedelta(seconds=seconds)
        )
        assert reading.entries == (Entry(NEW, MORNING), Entry(MEETING, MORNING + HOUR))
        assert not reading.verdict


def test_after_the_lag_the_time_of_change_is_a_guess_and_says_so() -> None:
    reading = read_stages(deal(WON, 2 * HOUR), moves((HOUR, MEETING)), MEETING, MORNING + 2 * HOUR + FEED_LAG)
    assert reading.entries[-1] == Entry(WON, MORNING + 2 * HOUR, exact=False)
    assert reading.verdict.rule == "stages.inexact"


def test_of_a_closed_deal_the_guess_is_the_closing_not_a_later_edit() -> None:
    reading = read_stages(deal(WON, 9 * HOUR, closed=3 * HOUR), (), None, MORNING + 10 * HOUR)
    assert reading.entries == (Entry(WON, MORNING + 3 * HOUR, exact=False),)


def test_what_was_recorded_before_needs_no_feed() -> None:
    reading = read_stages(deal(WON, 2 * HOUR), (), WON, MORNING + 2 * HOUR)
    assert reading.entries == ()
    assert reading.verdict


@given(st.lists(st.tuples(st.integers(0, 3), STATUSES), min_size=1, max_size=8))
def test_entries_are_in_the_order_of_the_feed_however_close_they_are(steps: list[tuple[int, Status]]) -> None:
    elapsed, timed = timedelta(0), []
    for seconds, status in steps:
        elapsed += timedelta(seconds=seconds)
        timed.append((elapsed, status))
    feed = moves(*timed)
    reading = read_stages(deal(steps[-1][1], elapsed), feed, None, MORNING + elapsed)
    times = [entry.at for entry in reading.entries]
    assert times == sorted(set(times))
    assert [entry.status for entry in reading.entries] == [NEW, *(status for _, status in timed)]
    assert all(
        entry.at.replace(microsecond=0) == at
        for entry, at in zip(reading.entries[1:], (m.at for m in feed), strict=True)
    )


@given(st.lists(st.tuples(st.integers(1, 9), STATUSES), min_size=2, max_size=6), st.data())
def test_what_an_earlier_reading_told_is_told_again_by_a_later_one(
    steps: list[tuple[int, Status]], data: st.DataObject
) -> None:
    """Otherwise one entry would be two facts."""
    elapsed, timed = timedelta(0), []
    for seconds, status in steps:
        elapsed += timedelta(seconds=seconds)
        timed.append((elapsed, status))
    shown = data.draw(st.integers(1, len(timed) - 1))
    early = read_stages(deal(timed[shown - 1][1], timed[shown - 1][0]), moves(*timed[:shown]), None, MORNING + elapsed)
    late = read_stages(deal(timed[-1][1], elapsed), moves(*timed), None, MORNING + elapsed)
    assert set(early.entries) <= set(late.entries)
