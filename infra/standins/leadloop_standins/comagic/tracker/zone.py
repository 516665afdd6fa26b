"""Dates without a zone, as every request, answer and notification writes them."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ...switches import Switches

_FORM = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_FORMAT = "%Y-%m-%d %H:%M:%S"


class Zone:
    """Turns Unix seconds into `YYYY-MM-DD hh:mm:ss` and back, in the zone that the settings name."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches

    @property
    def name(self) -> str:
        """The zone of dates; the account's unless the settings name another."""
        return self._switches.text("report_time_zone") or self._switches.text("time_zone")

    def text_of(self, at: int) -> str:
        """A moment on the account's wall."""
        return self.local(at).strftime(_FORMAT)

    def moment_of(self, text: str) -> int:
        """Unix seconds of what `text_of` writes; ValueError for any other form."""
        return int(parse_local(text).replace(tzinfo=ZoneInfo(self.name)).timestamp())

    def local(self, at: int) -> datetime:
        """The moment with its offset."""
        return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(self.name))


def parse_local(text: str) -> datetime:
    """A date without an offset; ValueError unless it is written to the second and exists in the calendar."""
    if not _FORM.fullmatch(text):
        raise ValueError(f"{text!r} is not written YYYY-MM-DD hh:mm:ss")
    return datetime.strptime(text, _FORMAT)  # noqa: DTZ007 - the zone is not in the text


def later_by_months(day: datetime, months: int) -> datetime:
    """The same day and hour months later, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return day.replace(year=year, month=month + 1, day=min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
