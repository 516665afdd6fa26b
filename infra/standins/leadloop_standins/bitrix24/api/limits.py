"""Both limits of the cloud. Source: https://apidocs.bitrix24.ru/limits.html.

Requests fill a bucket that leaks in real time, one per address of a caller. The seconds that a method has worked for
one webhook are kept in ten buckets of a minute of domain time, each gone ten minutes after it was opened.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from ..settings import Switches
from .problems import CallRefused, system_error

_BUCKET_SECONDS, _KEPT_SECONDS = 60, 600


class LeakyBuckets:
    """Not thread-safe: the caller guards it. A threshold of 0 is no limit."""

    def __init__(self, switches: Switches, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._switches = switches
        self._monotonic = monotonic
        self._levels: dict[str, tuple[float, float]] = {}

    def refusal(self, address: str) -> CallRefused | None:
        """Counts a request; the refusal of one above the threshold, which itself is not counted."""
        if self._switches.on("overloaded"):
            return system_error("OVERLOAD_LIMIT")
        now, threshold = self._monotonic(), self._switches.number("requests_until_blocked")
        level, since = self._levels.get(address, (0.0, now))
        level = max(level - (now - since) * self._switches.seconds("requests_leaked_per_second"), 0.0)
        # A level that leaks keeps a rest of floating point: the fiftieth request is not to be refused for it.
        if threshold and level > threshold - 1 + 1e-6:
            self._levels[address] = (level, now)
            return system_error("QUERY_LIMIT_EXCEEDED")
        self._levels[address] = (level + 1, now)
        return None


@dataclass
class _Minute:
    opened_at: int
    seconds: float


class OperatingTime:
    """Seconds of work per webhook and method."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._minutes: dict[tuple[str, str], list[_Minute]] = {}

    def check(self, code: str, method: str, now: int) -> None:
        """CallRefused when the method has worked beyond the limit for this webhook."""
        limit = self._switches.seconds("operating_limit_seconds")
        if limit and self.spent(code, method, now) > limit:
            raise system_error("OPERATION_TIME_LIMIT")

    def note(self, code: str, method: str, now: int) -> None:
        """Adds the cost of a call to the minute that is open."""
        minutes = self._live(code, method, now)
        if not minutes or minutes[-1].opened_at + _BUCKET_SECONDS <= now:
            minutes.append(_Minute(now, 0.0))
        minutes[-1].seconds += self._switches.seconds("operating_seconds_per_call")

    def spent(self, code: str, method: str, now: int) -> float:
        """Seconds that still count."""
        return sum(one.seconds for one in self._live(code, method, now))

    def reset_at(self, code: str, method: str, now: int) -> int:
        """When the oldest minute stops counting."""
        minutes = self._live(code, method, now)
        return (minutes[0].opened_at if minutes else now) + _KEPT_SECONDS

    def _live(self, code: str, method: str, now: int) -> list[_Minute]:
        minutes = self._minutes.setdefault((code, method), [])
        minutes[:] = [one for one in minutes if one.opened_at + _KEPT_SECONDS > now]
        return minutes
