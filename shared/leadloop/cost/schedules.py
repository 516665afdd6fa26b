"""How often schedules fire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from leadloop.manifest import Manifest
from leadloop.policy.crons import fields_of

_DAYS = tuple(date(2025, 1, 1) + timedelta(days=number) for number in range(4 * 365 + 1))
"""Four years in a row: every month with every length."""


def runs_a_day(manifest: Manifest, replaced: Mapping[str, str]) -> dict[str, float]:
    """Of each scheduled function; ``replaced`` are the policy's own schedules."""
    return {
        name: firings_a_day(replaced.get(name, function.schedule))
        for name, function in manifest.functions.items()
        if function.schedule
    }


def firings_a_day(cron: str) -> float:
    """How often an expression fires, over four years. Raises ``ValueError`` when it is none."""
    minutes, hours, days, months, weekdays = fields_of(cron)
    _, _, day_text, _, weekday_text = cron.split()

    def fires_on(day: date) -> bool:
        by_day, by_weekday = day.day in days, bool({day.isoweekday(), day.isoweekday() % 7} & weekdays)
        # As cron has it: when both are given, either will do.
        is_either = day_text != "*" and weekday_text != "*"
        return day.month in months and (by_day or by_weekday if is_either else by_day and by_weekday)

    return len(minutes) * len(hours) * sum(map(fires_on, _DAYS)) / len(_DAYS)
