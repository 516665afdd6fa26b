"""The same person again within the hour."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leadloop.leads.repeats import repeats_of
from support.lead_facts import after
from support.settable_clock import MORNING

HOUR = timedelta(hours=1)
SEEN = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 180).map(lambda minutes: after(minutes=minutes)))


def repeated(at: datetime, seen: dict[str, datetime], lead_id: str = "m") -> str | None:
    return repeats_of({**seen, lead_id: at}, HOUR).get(lead_id)


def test_a_first_lead_repeats_none() -> None:
    assert repeated(MORNING, {}) is None
    assert repeated(MORNING, {"m": MORNING}) is None


def test_an_hour_is_still_within_the_hour() -> None:
    assert repeated(after(hours=1), {"a": MORNING}) == "a"
    assert repeated(after(hours=1, microseconds=1), {"a": MORNING}) is None


def test_of_several_the_earliest_is_repeated() -> None:
    assert repeated(after(minutes=50), {"b": after(minutes=20), "a": after(minutes=40), "z": MORNING}) == "z"


def test_a_later_lead_is_not_repeated() -> None:
    assert repeated(MORNING, {"a": after(minutes=1)}) is None


def test_of_simultaneous_leads_the_smallest_id_is_the_first() -> None:
    assert repeated(MORNING, {"a": MORNING, "z": MORNING}) == "a"
    assert repeated(MORNING, {"m": MORNING, "z": MORNING}, "a") is None


@given(SEEN)
def test_every_repeat_is_of_an_earlier_lead_within_the_window(seen: dict[str, datetime]) -> None:
    repeats = repeats_of(seen, HOUR)
    for lead_id, at in seen.items():
        earlier = {(when, who) for who, when in seen.items() if at - HOUR <= when and (when, who) < (at, lead_id)}
        assert repeats.get(lead_id) == (min(earlier)[1] if earlier else None)
