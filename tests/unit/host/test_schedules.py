"""Which function is due when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from leadloop.manifest import Function, Manifest
from leadloop_host.faults import StartRefused
from leadloop_host.schedules import Schedule, schedules_of

MANIFEST = Manifest(
    topics=(),
    functions={
        "sync-crm": Function(schedule="*/15 * * * *"),
        "upload-conversions": Function(schedule="0 */2 * * *"),
        "capture-lead": Function(public=True),
    },
)


def at(hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2026, 9, 1, hour, minute, second, tzinfo=UTC)


def test_the_policy_replaces_the_manifests_time() -> None:
    schedules = {schedule.function: schedule.cron for schedule in schedules_of(MANIFEST, {"sync-crm": "*/5 * * * *"})}
    assert schedules == {"sync-crm": "*/5 * * * *", "upload-conversions": "0 */2 * * *"}


@pytest.mark.parametrize("name", ["sync-crn", "capture-lead"])
def test_a_time_for_what_is_not_scheduled_is_refused_by_name(name: str) -> None:
    with pytest.raises(
        StartRefused, match=rf"schedules\.{name}: expected .*sync-crm, upload-conversions.*found '{name}'"
    ):
        schedules_of(MANIFEST, {name: "* * * * *"})


@pytest.mark.parametrize("cron", ["", "* * * *", "0 0 30 2 *", "* * * * * *", "every hour"])
def test_a_time_that_is_none_is_refused(cron: str) -> None:
    with pytest.raises(StartRefused, match=r"policy: schedules\.sync-crm: expected a cron expression"):
        schedules_of(MANIFEST, {"sync-crm": cron})


def test_the_next_time_lies_after_and_the_last_not_after_an_instant() -> None:
    schedule = Schedule("upload-conversions", "0 */2 * * *")
    assert schedule.first_after(at(9, 59)) == at(10, 0)
    assert schedule.first_after(at(10, 0)) == at(12, 0)
    assert schedule.last_until(at(10, 0)) == at(10, 0)
    assert schedule.last_until(at(9, 59, 59).replace(microsecond=999_999)) == at(8, 0)
