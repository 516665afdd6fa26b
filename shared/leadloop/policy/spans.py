"""How far back a rule looks: a length of time, calendar months, or without end."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from leadloop.policy.durations import read_duration, write_duration

_MONTHS = re.compile(r"([0-9]{1,3})\s*(?:months?|mo)")
_EVER = "ever"
_MOST_MONTHS = 120


class Span(NamedTuple):
    """A stretch of time that begins with some contact. Written ``180d``, ``6 months`` or ``ever``."""

    length: timedelta | None = None
    months: int | None = None
    """Calendar months in the site's zone; ``None`` with no length either: ``ever``."""

    def holds(self, start: datetime, at: datetime, zone: str) -> bool:
        """Whether ``at`` is not later than the end of the span that begins at ``start``, to the second."""
        if self.months is not None:
            return at <= months_later(start, self.months, zone)
        return self.length is None or at - start <= self.length

    def __str__(self) -> str:
        """As it is written in the policy."""
        if self.months is not None:
            return f"{self.months} months"
        return write_duration(self.length) if self.length is not None else _EVER


def read_span(value: object) -> Span:
    """Read ``180d``, ``6 months`` or ``ever``. Raises ``ValueError``."""
    if isinstance(value, Span):
        return value
    text = value.strip() if isinstance(value, str) else value
    if text == _EVER:
        return Span()
    months = _MONTHS.fullmatch(text) if isinstance(text, str) else None
    if months is not None and 0 < int(months[1]) <= _MOST_MONTHS:
        return Span(months=int(months[1]))
    return Span(length=read_duration(value))


def months_later(start: datetime, months: int, zone: str) -> datetime:
    """The same hour of the same day, calendar months later in a zone; the last day where a month is shorter."""
    local = start.astimezone(ZoneInfo(zone))
    year, month = divmod(local.month - 1 + months, 12)
    year, month = local.year + year, month + 1
    day = min(local.day, monthrange(year, month)[1])
    return local.replace(year=year, month=month, day=day).astimezone(start.tzinfo)
