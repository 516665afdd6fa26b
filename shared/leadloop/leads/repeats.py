"""The same person again within the hour: always a repeat, whatever other duplicate rules say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta


def repeat_of(lead_id: str, at: datetime, seen: Mapping[str, datetime], window: timedelta) -> str | None:
    """The earliest lead with a shared key that came at most ``window`` before; ``None`` for a first.

    ``seen`` holds every lead known under any of this lead's keys, itself included or not. Only
    times and ids decide (ties by id), so the order in which leads arrive does not.
    """
    earlier = [
        (other_at, other)
        for other, other_at in seen.items()
        if (other_at, other) < (at, lead_id) and at - other_at <= window
    ]
    return min(earlier)[1] if earlier else None
