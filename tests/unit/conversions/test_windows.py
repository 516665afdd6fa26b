"""The window of 21 days, to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leadloop.conversions.windows import EXPIRED, MAY_LINK, WILL_LINK, judge_window
from leadloop.policy.models import Defaults

VISIT = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
SALE = VISIT + timedelta(days=5)
SECOND = timedelta(seconds=1)
OWN_DEADLINE = VISIT + timedelta(days=20, hours=21)
DEFAULTS = Defaults()


@pytest.mark.parametrize(
    ("now", "rule"),
    [
        (SALE, WILL_LINK),
        (OWN_DEADLINE - SECOND, WILL_LINK),
        (OWN_DEADLINE, WILL_LINK),
        (OWN_DEADLINE + SECOND, MAY_LINK),
        (VISIT + timedelta(days=21) + SECOND, MAY_LINK),
        (SALE + timedelta(days=21), MAY_LINK),
        (SALE + timedelta(days=21) + SECOND, EXPIRED),
    ],
)
def test_a_known_visit(now: datetime, rule: str) -> None:
    verdict = judge_window(DEFAULTS, now, SALE, [VISIT])
    assert (verdict.rule, verdict.ok) == (rule, rule != EXPIRED)


@pytest.mark.parametrize(
    ("now", "rule"),
    [
        (SALE, MAY_LINK),
        (SALE + timedelta(days=21), MAY_LINK),
        (SALE + timedelta(days=21) + SECOND, EXPIRED),
    ],
)
def test_no_known_visit(now: datetime, rule: str) -> None:
    assert judge_window(DEFAULTS, now, SALE, []).rule == rule


@pytest.mark.parametrize(
    ("now", "rule"),
    [
        (SALE + timedelta(days=10), MAY_LINK),
        (SALE + timedelta(days=21) + SECOND, MAY_LINK),
        (SALE + timedelta(days=31), MAY_LINK),
        (SALE + timedelta(days=31) + SECOND, EXPIRED),
    ],
)
def test_a_visit_after_the_conversion_keeps_the_window_open(now: datetime, rule: str) -> None:
    """The window counts from the visitor's last visit, although the conversion binds to an earlier one."""
    assert judge_window(DEFAULTS, now, SALE, [SALE + timedelta(days=10)]).rule == rule


@pytest.mark.parametrize(
    ("now", "rule"),
    [
        (OWN_DEADLINE, WILL_LINK),
        (OWN_DEADLINE + SECOND, MAY_LINK),
        (SALE + timedelta(days=28), MAY_LINK),
        (SALE + timedelta(days=28) + SECOND, EXPIRED),
    ],
)
def test_a_visit_of_next_week_spoils_nothing_and_gives_nothing_up(now: datetime, rule: str) -> None:
    assert judge_window(DEFAULTS, now, SALE, [VISIT, SALE + timedelta(days=7)]).rule == rule


@pytest.mark.parametrize(
    ("now", "rule"), [(SALE + timedelta(days=20), WILL_LINK), (SALE + timedelta(days=20.9), MAY_LINK)]
)
def test_of_the_visits_before_it_the_last_one_counts(now: datetime, rule: str) -> None:
    assert judge_window(DEFAULTS, now, SALE, [VISIT - timedelta(days=40), VISIT, SALE]).rule == rule


def test_a_conversion_in_the_moment_of_its_visit() -> None:
    assert judge_window(DEFAULTS, VISIT, VISIT, [VISIT]).rule == WILL_LINK


def test_the_lengths_are_the_policys() -> None:
    short = Defaults(visit_window=timedelta(days=2), visit_margin=timedelta(hours=1))
    assert judge_window(short, VISIT + timedelta(hours=47), VISIT, [VISIT]).rule == WILL_LINK
    assert judge_window(short, VISIT + timedelta(hours=47) + SECOND, VISIT, [VISIT]).rule == MAY_LINK
    assert judge_window(short, VISIT + timedelta(days=2) + SECOND, VISIT, [VISIT]).rule == EXPIRED
