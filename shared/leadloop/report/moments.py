"""Instants as a person reads them."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from leadloop import timestamps

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def to_the_minute(reason: str, time_zone: str) -> str:
    """A reason with its instants to the minute, in this zone, which is named."""
    zone = ZoneInfo(time_zone)
    return _INSTANT.sub(lambda found: f"{_minute(found[0], zone)} ({time_zone})", reason)


def minute_of(instant: str, time_zone: str) -> str:
    """An instant of a document to the minute; its zone is for the head of the column to say."""
    return _minute(instant, ZoneInfo(time_zone))


def _minute(instant: str, zone: ZoneInfo) -> str:
    return timestamps.from_text(instant).astimezone(zone).strftime("%Y-%m-%d %H:%M")
