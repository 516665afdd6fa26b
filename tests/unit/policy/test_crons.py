"""A schedule the policy takes is one that the host can keep."""

from datetime import UTC, datetime, timedelta

import pytest
from cronsim import CronSim
from hypothesis import example, given
from hypothesis import strategies as st

from leadloop.policy.crons import check_cron, first_after

EPOCH = datetime(2026, 9, 1, tzinfo=UTC)
FIELDS = st.from_regex(r"\*|\*/[0-9]{1,2}|[0-9]{1,2}|[0-9]{1,2}-[0-9]{1,2}(/[0-9])?|[0-9],[0-9]{1,2}", fullmatch=True)
INSTANTS = st.integers(0, 3 * 365 * 86_400).map(lambda seconds: EPOCH + timedelta(seconds=seconds))


@given(st.lists(FIELDS, min_size=5, max_size=5).map(" ".join))
def test_what_is_taken_comes_on_the_host(cron: str) -> None:
    if check_cron(cron):
        assert next(CronSim(cron, EPOCH)) > EPOCH


@given(st.lists(FIELDS, min_size=5, max_size=5).map(" ".join), INSTANTS)
@example("0 0 13 * 5", datetime(2026, 11, 13, tzinfo=UTC))
@example("0 0 */2 * 5", datetime(2026, 11, 13, 0, 0, 30, tzinfo=UTC))
@example("59 23 31 12 *", datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
@example("0 0 29 2 *", datetime(2026, 3, 1, tzinfo=UTC))
@example("0 12 * * 7", datetime(2026, 11, 22, 11, 59, 59, 999_999, tzinfo=UTC))
def test_what_is_told_to_come_next_comes_on_the_host(cron: str, instant: datetime) -> None:
    if check_cron(cron):
        assert first_after(cron, instant) == next(CronSim(cron, instant))


@pytest.mark.parametrize(
    "cron", ["*/15 * * * *", "0 */2 * * *", "0 9 * * MON-FRI", "0 0 29 FEB *", "5,35 8-20/2 1 * 7"]
)
def test_usual_schedules_are_taken(cron: str) -> None:
    assert check_cron(cron)
    assert next(CronSim(cron, EPOCH)) > EPOCH


@pytest.mark.parametrize(
    ("cron", "rule"),
    [
        ("", "cron.fields"),
        ("@daily", "cron.fields"),
        ("0 */5 * * * *", "cron.fields"),
        ("60 * * * *", "cron.range"),
        ("* 24 * * *", "cron.range"),
        ("* * 0 * *", "cron.range"),
        ("* * * 13 *", "cron.range"),
        ("* * * * 8", "cron.range"),
        ("*/0 * * * *", "cron.range"),
        ("*/90 * * * *", "cron.range"),
        ("30-10 * * * *", "cron.range"),
        ("1/5 * * * *", "cron.range"),
        ("1,,2 * * * *", "cron.range"),
        ("0 0 L * *", "cron.range"),
        ("0 0 * * MAY", "cron.range"),
        ("0 0 30 2 *", "cron.never"),
        ("0 0 31 4,6 *", "cron.never"),
    ],
)
def test_what_no_scheduler_keeps_is_refused(cron: str, rule: str) -> None:
    verdict = check_cron(cron)
    assert not verdict
    assert verdict.rule == rule
