"""The time that a form says it took: anybody may write anything there, and only a sane number is taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.form_desk import FormDesk

ANNA = {"phone": "8 999 000-00-03", "submission_id": "s-1"}


def taken(given: str | float) -> float | None:
    return FormDesk().hand_in({**ANNA, "fill_seconds": given}).bot_signs.fill_seconds


@pytest.mark.parametrize(
    ("given", "expected"), [("12.4", 12.4), ("0,9", 0.9), (30.5, 30.5), ("0", 0), ("1000000", 1_000_000), (" 7 ", 7)]
)
def test_a_number_of_seconds_is_taken(given: str | float, expected: float) -> None:
    assert taken(given) == expected


@pytest.mark.parametrize(
    "given", ["", "-", "-0.1", "1000000.1", "nan", "-inf", "1e999", "fast", "1788203411529", "9" * 5000, "12 s"]
)
def test_anything_else_is_as_good_as_nothing(given: str) -> None:
    assert taken(given) is None


@given(st.text(max_size=20) | st.floats())
def test_it_is_a_sane_number_or_none_whatever_is_written(given: str | float) -> None:
    seconds = taken(given)
    assert seconds is None or 0 <= seconds <= 1_000_000


def test_one_that_is_no_number_makes_no_other_lead() -> None:
    desk = FormDesk()
    assert desk.hand_in({**ANNA, "fill_seconds": "x"}).lead_id == desk.hand_in({**ANNA, "fill_seconds": 3}).lead_id
