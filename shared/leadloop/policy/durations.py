"""Lengths of time as people write them."""

from __future__ import annotations

import re
from datetime import timedelta

_PART = re.compile(r"(\d+)\s*([smhdw])")
_UNIT = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_duration(value: object) -> timedelta:
    """Read ``30m``, ``2h``, ``90d``, ``1h 30m``. Raises ``ValueError`` saying what was expected and found."""
    if isinstance(value, timedelta):
        return value
    text = value.strip() if isinstance(value, str) else ""
    parts = _PART.findall(text)
    if not parts or _PART.sub("", text).strip():
        raise ValueError(f"expected a length of time such as 30m, 2h or 90d, found {value!r}")
    return sum((timedelta(**{_UNIT[unit]: int(count)}) for count, unit in parts), timedelta())


def write_duration(length: timedelta) -> str:
    """Write a length of time the way ``read_duration`` reads it, in the largest whole units."""
    seconds = int(length.total_seconds())
    words = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        count, seconds = divmod(seconds, size)
        if count:
            words.append(f"{count}{unit}")
    return " ".join(words) or "0s"
