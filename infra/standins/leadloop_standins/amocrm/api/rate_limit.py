"""Requests per second, in real time whatever the domain clock says.

Source: https://www.amocrm.ru/developers/content/api/recommendations: over the limit 429, and 403 for who
goes on after it. How much "going on" it takes and how long the block lasts is unconfirmed; here both are settings.
"""

import time
from collections import deque
from collections.abc import Callable

from werkzeug.wrappers import Response

from ..settings import Switches
from .problems import html_429, problem_response

_BLOCK_WINDOW = 10.0


class RateLimit:
    """One account's limit. Not thread-safe: the caller guards it. A limit of 0 is none."""

    def __init__(self, switches: Switches, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._switches = switches
        self._monotonic = monotonic
        self._served: deque[float] = deque()
        self._refused: deque[float] = deque()
        self.refusals = 0

    def refusal(self) -> Response | None:
        """Counts a request; the answer that refuses it, or None when it may be served."""
        now = self._monotonic()
        _forget(self._served, now - 1.0)
        _forget(self._refused, now - _BLOCK_WINDOW)
        if self._switches.on("blocked"):
            return _blocked()
        limit = self._switches.number("requests_per_second")
        if not limit or len(self._served) < limit:
            self._served.append(now)
            return None
        return self._refuse(now)

    def _refuse(self, now: float) -> Response:
        self.refusals += 1
        self._refused.append(now)
        patience = self._switches.number("blocked_after")
        if patience and len(self._refused) > patience:
            self._switches.set("blocked", value=True)
            return _blocked()
        every = self._switches.number("html_429_every")
        return html_429() if every and self.refusals % every == 0 else problem_response(429)


def _forget(moments: deque[float], until: float) -> None:
    while moments and moments[0] <= until:
        moments.popleft()


def _blocked() -> Response:
    return problem_response(403, "The account is blocked for repeatedly exceeding the number of requests per second")
