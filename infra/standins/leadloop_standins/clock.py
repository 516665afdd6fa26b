"""Domain time of a stand-in. Rates and pauses use the machine's monotonic clock: they happen in real time."""

from datetime import UTC, datetime
from pathlib import Path


class ClockFileUnreadable(ValueError):
    """The clock file was named but never held a usable time."""


class Clock:
    """Aware UTC time from a file that several processes read, or from the system when no file is named.

    A file caught empty while being rewritten keeps the last time read from it; one that never held a time raises
    ClockFileUnreadable, for silently falling back to the present would mix two calendars.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._last: datetime | None = None

    def now(self) -> datetime:
        """The present moment of the stand-in's calendar; ClockFileUnreadable as said above."""
        if self._path is None:
            return datetime.now(UTC)
        try:
            self._last = parse_time(self._path.read_text(encoding="ascii").strip())
        except (OSError, ValueError) as problem:
            if self._last is None:
                raise ClockFileUnreadable(
                    f"The clock file gives no time. Expected one ISO-8601 UTC timestamp such as 2026-09-01T09:00:00Z, "
                    f"found: {problem}. Write the file before starting the stand-in."
                ) from problem
        return self._last


def parse_time(text: str) -> datetime:
    """Reads an ISO-8601 timestamp that names its offset; ValueError without one, because local time is a guess."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset; end it with Z for UTC")
    return moment.astimezone(UTC)


def format_time(moment: datetime) -> str:
    """Whole seconds, UTC, with Z: the form of `create_time` in vendors' answers and of every time in a ledger."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
