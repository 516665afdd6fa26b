"""The order of everything that happens, and a tick whenever conversions are uploaded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from leadloop_host.demo.story import Story, read_story
from leadloop_host.demo.timeline import (
    FIRST,
    DealsJoined,
    FormSent,
    SalesMoved,
    SomethingBroke,
    TimePassed,
    WalkedIn,
    timeline,
)
from support.stories import EXAMPLE, story


def scenes_of(played: Story) -> list[tuple[datetime, str]]:
    """What happens and when, without the ticks."""
    kinds = [(instant, type(scene).__name__) for instant, scene in timeline(played)]
    return [pair for pair in kinds if pair[1] != TimePassed.__name__]


def ticks_of(played: Story) -> list[datetime]:
    return [instant for instant, scene in timeline(played) if isinstance(scene, TimePassed)]


def test_scenes_of_all_people_stand_in_order_in_utc() -> None:
    played = story(
        {"who": "Анна", "at": "1 12:00", "then": ["2 10:00 qualified"], "again": {"form": "callback", "at": "1 12:30"}},
        {"who": "Борис", "born_in_crm": "1 11:00", "merges_into": {"who": "Анна", "at": "2 09:00"}},
        incidents=[{"at": "1 12:15", "say": "it rains"}],
    )
    assert scenes_of(played) == [
        (datetime(2026, 9, 1, 8, tzinfo=UTC), WalkedIn.__name__),
        (datetime(2026, 9, 1, 9, tzinfo=UTC), FormSent.__name__),
        (datetime(2026, 9, 1, 9, 15, tzinfo=UTC), SomethingBroke.__name__),
        (datetime(2026, 9, 1, 9, 30, tzinfo=UTC), FormSent.__name__),
        (datetime(2026, 9, 2, 6, tzinfo=UTC), DealsJoined.__name__),
        (datetime(2026, 9, 2, 7, tzinfo=UTC), SalesMoved.__name__),
    ]


def test_what_breaks_breaks_before_what_else_happens_at_that_moment() -> None:
    played = story({"who": "Анна", "at": "1 13:00"}, incidents=[{"at": "1 13:00", "say": "it rains"}])
    one_o_clock = datetime(2026, 9, 1, 10, tzinfo=UTC)
    at_once = [type(scene) for instant, scene in timeline(played) if instant == one_o_clock]
    assert at_once == [SomethingBroke, FormSent, TimePassed]


@pytest.mark.parametrize("zone", ["Europe/Moscow", "UTC", "America/Los_Angeles", "Pacific/Auckland", "Asia/Kolkata"])
def test_a_tick_falls_on_every_even_hour_of_utc_while_the_story_lasts(zone: str) -> None:
    played = story(time_zone=zone)
    ticks = ticks_of(played)
    assert {(tick.hour % 2, tick.minute) for tick in ticks} == {(0, 0)}
    assert {later - earlier for earlier, later in pairwise(ticks)} == {timedelta(hours=2)}
    begins, ends = played.instant(FIRST), played.instant(played.ends)
    assert begins <= ticks[0] < begins + timedelta(hours=2)
    assert ends - timedelta(hours=2) < ticks[-1] <= ends


def test_the_example_is_played_whole() -> None:
    played = read_story(EXAMPLE / "story.yaml")
    kinds = [kind for _, kind in scenes_of(played)]
    assert kinds.count(FormSent.__name__) == sum(bool(one.at) + bool(one.again) for one in played.cast)
    assert kinds.count(SalesMoved.__name__) == sum(len(one.then) for one in played.cast)
    assert kinds.count(SomethingBroke.__name__) == len(played.incidents)
    assert len(ticks_of(played)) == played.days * 12
