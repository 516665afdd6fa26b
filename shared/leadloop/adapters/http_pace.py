"""Keeping to each vendor's rate."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping


class PaceExceeded(Exception):
    """So many calls wait already that this one would not start in time; nothing was sent."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"the calls before it take {wait:.1f} s at the vendor's rate")
        self.wait = wait


class Pace:
    """Starts a vendor's calls evenly: a token bucket that holds one token.

    One, because a vendor counts within its own second: a fuller bucket could spend a burst at the end
    of one second and the rate again in the next.
    """

    def __init__(
        self,
        rates: Mapping[str, float],
        longest_wait: float,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        """``rates`` is vendor to calls a second; other vendors are not held back."""
        for vendor, rate in rates.items():
            if rate <= 0:
                raise ValueError(f"the rate of {vendor} is {rate}: expected calls a second, more than 0")
        self._intervals = {vendor: 1 / rate for vendor, rate in rates.items()}
        self._longest_wait = longest_wait
        self._monotonic = monotonic
        self._sleep = sleep
        self._free_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait(self, vendor: str) -> None:
        """Return when the vendor may be called. Raises ``PaceExceeded`` at once if that is too far off."""
        interval = self._intervals.get(vendor)
        if interval is None:
            return
        with self._lock:
            now = self._monotonic()
            start = max(now, self._free_at.get(vendor, now))
            if start - now > self._longest_wait:
                raise PaceExceeded(start - now)
            self._free_at[vendor] = start + interval
        if start > now:
            self._sleep(start - now)
