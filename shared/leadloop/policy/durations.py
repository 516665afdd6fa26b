"""Lengths of time as people write them."""

from __future__ import annotations

import re
from datetime import timedelta

_PART = re.compile(r"([0-9]+)\s*([smhdw])")
_UNIT = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

LONGEST = timedelta(days=3650)
"""No length in a policy is longer: ten years is a slip of the pen, not a window."""


def read_duration(value: object) -> timedelta:
    """Read ``30m``, ``2h``, ``90d``, ``1h 30m``. Raises ``ValueError`` saying what was expected and found."""
    if isinstance(value, timedelta):
        return value
    text = value.strip() if isinstance(value, str) else ""
    parts = _PART.findall(text)
    if not parts or _PART.sub("", text).strip():
        raise ValueError(f"expected a length of time such as 30m, 2h or 90d, found {value!r}")
    try:
        length = sum((timedelta(**{_UNIT[unit]: int(count)}) for count, unit in parts), timedelta())
    except (OverflowError, ValueError):
        length = timedelta.max
    if length > LONGEST:
        raise ValueError(f"expected a length of time of at most {LONGEST.days}d, found {value!r}")
    return length


def write_duration(length: timedelta) -> str:
    """Write a length of time the way ``read_duration`` reads it, in the largest whole units."""
    seconds = int(length.total_seconds())
    words = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        count, seconds = divmod(seconds, size)
        if count:
            words.append(f"{count}{unit}")
    return " ".join(words) or "0s"
