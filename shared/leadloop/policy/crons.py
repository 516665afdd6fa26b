"""Cron expressions: five fields, the part of the language that Cloud Scheduler and the one-machine host share.

Source: https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from leadloop.verdict import Verdict


class _Kind(NamedTuple):
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


_KINDS = (
    _Kind("minute", 0, 59),
    _Kind("hour", 0, 23),
    _Kind("day of month", 1, 31),
    _Kind("month", 1, 12, ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")),
    _Kind("day of week", 0, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")),
)
_PART = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/([0-9]{1,3}))?")
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def check_cron(text: str) -> Verdict:
    """Whether the expression can be kept by every scheduler leadloop runs under, and if not, why."""
    fields = text.split()
    if len(fields) != len(_KINDS):
        return Verdict(False, "cron.fields", f"it has {len(fields)} fields")
    values = []
    for kind, written in zip(_KINDS, fields, strict=True):
        allowed: set[int] = set()
        for part in written.split(","):
            reached = _values(kind, part)
            if not reached:
                return Verdict(False, "cron.range", f"the {kind.name} must be {_range(kind)}")
            allowed |= reached
        values.append(allowed)
    _, _, days, months, _ = values
    if fields[4] == "*" and min(days) > max(_LONGEST_MONTH[month - 1] for month in months):
        return Verdict(False, "cron.never", "no such day ever comes")
    return Verdict(True, "cron.good", "five fields in their ranges")


def fields_of(text: str) -> tuple[frozenset[int], ...]:
    """Minutes, hours, days, months and days of the week that an expression names; Sunday is 0, 7 or both.

    Raises ``ValueError`` unless ``check_cron`` finds it good.
    """
    verdict = check_cron(text)
    if not verdict.ok:
        raise ValueError(f"{text!r} is no schedule: {verdict.reason}")
    parts = ((kind, written.split(",")) for kind, written in zip(_KINDS, text.split(), strict=True))
    return tuple(frozenset().union(*(_values(kind, part) for part in among)) for kind, among in parts)


def first_after(text: str, instant: datetime) -> datetime:
    """The first time strictly after an instant at which a schedule in UTC fires.

    A day of the month and a day of the week, both named, are either; raises ``ValueError`` as ``fields_of`` does.
    """
    minutes, hours, days, months, weekdays = fields_of(text)
    is_either = not any(field.startswith("*") for field in (text.split()[2], text.split()[4]))
    found = instant.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    while True:
        fits = (found.day in days, not weekdays.isdisjoint({found.isoweekday(), found.isoweekday() % 7}))
        if found.month not in months or not (any(fits) if is_either else all(fits)):
            found = found.replace(hour=0, minute=0) + timedelta(days=1)
        elif found.hour not in hours:
            found = found.replace(minute=0) + timedelta(hours=1)
        elif found.minute not in minutes:
            found += timedelta(minutes=1)
        else:
            return found


def _values(kind: _Kind, part: str) -> set[int]:
    """The values one part stands for; empty when it stands for none."""
    match = _PART.fullmatch(part)
    if match is None:
        return set()
    first, last, step = match[1], match[2], int(match[3] or 1)
    if first is None:
        low, high = kind.low, kind.high
    elif match[3] and last is None:
        return set()
    else:
        low, high = _number(kind, first), _number(kind, last or first)
    if not 1 <= step <= kind.high or not kind.low <= low <= high <= kind.high:
        return set()
    return set(range(low, high + 1, step))


def _number(kind: _Kind, word: str) -> int:
    if word.isascii() and word.isdigit():
        return int(word)
    names = [name.lower() for name in kind.names]
    return names.index(word.lower()) + kind.low if word.lower() in names else -1


def _range(kind: _Kind) -> str:
    names = f", or {kind.names[0]} to {kind.names[-1]}" if kind.names else ""
    return f"{kind.low} to {kind.high}{names}, with , - and / between"
