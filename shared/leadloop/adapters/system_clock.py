"""The real time."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """A ``Clock`` that tells what the machine believes."""

    def now(self) -> datetime:
        """See ``Clock``."""
        return datetime.now(UTC)
