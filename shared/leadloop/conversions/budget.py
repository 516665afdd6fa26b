"""How much one run may still do: a number of files, and the time until the function must end."""

from __future__ import annotations

from datetime import datetime

from leadloop.ports.clock import Clock


class Budget:
    """Counts the files a run sends, halves and repetitions included."""

    def __init__(self, files: int, clock: Clock, last_start: datetime) -> None:
        self._files = files
        self._clock = clock
        self._last_start = last_start

    def allows(self, promised: int = 0) -> bool:
        """Whether one more file may be sent when so many are promised already."""
        return self._files > promised and self._clock.now() <= self._last_start

    def spend(self) -> None:
        """One file goes out."""
        self._files -= 1
