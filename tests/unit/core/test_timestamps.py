"""Instants as text: one width, so that the order of texts is the order of times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop import timestamps

MOSCOW = timezone(timedelta(hours=3))
FIRST, LAST = datetime(1, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001 - Hypothesis asks for bounds without a zone
INSTANTS = st.datetimes(FIRST, LAST, timezones=st.sampled_from([UTC, MOSCOW]))


def test_an_instant_of_any_zone_is_written_in_utc() -> None:
    assert timestamps.to_text(datetime(2026, 9, 1, 12, 30, 5, 7, MOSCOW)) == "2026-09-01T09:30:05.000007Z"


@given(INSTANTS)
def test_what_is_written_is_read_back(instant: datetime) -> None:
    assert timestamps.from_text(timestamps.to_text(instant)) == instant


@given(INSTANTS, INSTANTS)
def test_texts_are_ordered_as_times_are(one: datetime, other: datetime) -> None:
    assert (timestamps.to_text(one) < timestamps.to_text(other)) == (one < other)
    assert len(timestamps.to_text(one)) == 27


@pytest.mark.parametrize(
    "text",
    ["2026-09-01T12:00:00+03:00", "2026-09-01T09:00:00Z", "2026-09-01T09:00Z", "20260901T090000Z", "2026-09-01 09:00Z"],
)
def test_other_ways_to_write_an_instant_are_read(text: str) -> None:
    assert timestamps.from_text(text) == datetime(2026, 9, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2026-09-01T09:00:00", "2026-09-01", "", "yesterday", "1788253200", "0001-01-01T00:00:00+03:00"]
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        timestamps.from_text(text)


def test_a_time_without_a_zone_is_no_instant() -> None:
    with pytest.raises(ValueError, match="naive"):
        timestamps.to_text(datetime(2026, 9, 1))  # noqa: DTZ001 - the mistake itself


@given(INSTANTS)
def test_unix_seconds_never_see_the_future(instant: datetime) -> None:
    seconds = timestamps.to_unix(instant)
    assert timestamps.from_unix(seconds) <= instant < timestamps.from_unix(seconds) + timedelta(seconds=1)
