"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MORNING = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)


class SettableClock:
    """The ``Clock`` port with hands."""

    def __init__(self, instant: datetime = MORNING) -> None:
        self._instant = instant

    def now(self) -> datetime:
        return self._instant

    def set(self, instant: datetime) -> None:
        self._instant = instant

    def advance(self, **length: float) -> None:
        """Move on by ``days``, ``hours``, ``minutes`` …, as ``timedelta`` takes them."""
        self._instant += timedelta(**length)
