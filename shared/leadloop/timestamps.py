"""Instants as they rest in documents and travel in messages.

One fixed-width UTC form (``2026-09-01T09:00:00.000000Z``) so that comparing the text compares
the time, in every store.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_text(instant: datetime) -> str:
    """Write an aware instant in the fixed-width UTC form. Raises ``ValueError`` on a naive one."""
    if instant.tzinfo is None:
        raise ValueError("a naive datetime is not an instant: expected a time zone, found none")
    return instant.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def utc_day(instant: datetime) -> str:
    """The day of an aware instant in UTC: ``2026-09-01``."""
    return to_text(instant)[:10]


def from_text(text: str) -> datetime:
    """Read any ISO 8601 instant that names its zone. Raises ``ValueError`` otherwise."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"not an instant: expected ISO 8601 with a time zone, found {text!r}")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"not an instant that UTC can hold: {text!r}") from None


def from_unix(seconds: int) -> datetime:
    """Read Unix seconds, the form Yandex and amoCRM use."""
    return datetime.fromtimestamp(seconds, UTC)


def to_unix(instant: datetime) -> int:
    """Write whole Unix seconds, rounded down: a vendor must never see the future."""
    return (instant - _EPOCH) // timedelta(seconds=1)
