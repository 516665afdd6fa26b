"""The only way to learn what time it is."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time of the world leadloop works in: real, or simulated across processes."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...
