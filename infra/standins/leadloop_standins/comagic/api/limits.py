"""Points per day and per minute, in domain time. Source: https://comagic.github.io/data_api/, limits.

Every call costs one. When the windows begin is not documented: here with the day of the dates' zone and with the
minute.
"""

from ...switches import Switches
from ..tracker.zone import Zone
from .refusals import RpcRefused

_MINUTE = 60
_DAY = 24 * 3600


class Limits:
    """What the account has spent in the windows under way."""

    def __init__(self, switches: Switches, zone: Zone) -> None:
        self._switches = switches
        self._zone = zone
        self._spent: dict[str, tuple[int, int]] = {}
        self.calls = 0

    def check(self, now: int) -> None:
        """RpcRefused when nothing is left of the minute or the day."""
        for window in ("day", "minute"):
            limit = self._switches.number(f"{window}_limit")
            if self._used(window, now) >= limit:
                raise RpcRefused("limit_exceeded", params={"limit_type": window, "limit_max_value": limit})

    def spend(self, now: int) -> None:
        """Takes one point."""
        self.calls += 1
        for window in ("day", "minute"):
            self._spent[window] = (self._start(window, now), self._used(window, now) + 1)

    def told(self, now: int) -> dict[str, int]:
        """The `limits` of the metadata; resets are seconds from now."""
        told = {}
        for window, length in (("day", _DAY), ("minute", _MINUTE)):
            limit = self._switches.number(f"{window}_limit")
            told[f"{window}_limit"] = limit
            told[f"{window}_remaining"] = max(limit - self._used(window, now), 0)
            told[f"{window}_reset"] = self._start(window, now) + length - now
        return told

    def _used(self, window: str, now: int) -> int:
        start, used = self._spent.get(window, (0, 0))
        return used if start == self._start(window, now) else 0

    def _start(self, window: str, now: int) -> int:
        if window == "minute":
            return now - now % _MINUTE
        local = self._zone.local(now)
        return now - (local.hour * 3600 + local.minute * 60 + local.second)
