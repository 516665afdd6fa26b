"""Request quotas: parallel requests and requests a second in real time, requests a day in domain time."""

import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from .refusals import RequestRefused


class Limits:
    """Counts requests by user, told apart by the Authorization header. A limit of 0 is none."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._in_flight: Counter[str] = Counter()
        self._of_day: Counter[tuple[str, str]] = Counter()
        self._recent: deque[float] = deque()
        self.most_parallel = 0

    @contextmanager
    def admitted(self, user: str, now: datetime, settings: Mapping[str, Any]) -> Iterator[RequestRefused | None]:
        """Holds a place for the request while it is served; yields the refusal when there is none."""
        with self._guard:
            self._in_flight[user] += 1
            self._of_day[user, now.date().isoformat()] += 1
            refusal = self._refusal(user, now, settings)
        try:
            yield refusal
        finally:
            with self._guard:
                self._in_flight[user] -= 1

    def _refusal(self, user: str, now: datetime, settings: Mapping[str, Any]) -> RequestRefused | None:
        parallel, daily = settings["parallel_requests"], settings["daily_quota"]
        if parallel and self._in_flight[user] > parallel:
            return RequestRefused(429, "quota_parallel_requests", f"More than {parallel} parallel requests.")
        self.most_parallel = max(self.most_parallel, self._in_flight[user])
        if daily and self._of_day[user, now.date().isoformat()] > daily:
            return RequestRefused(429, "quota_requests_by_uid", f"More than {daily} requests a day.")
        if self._too_fast(settings["requests_per_second"]):
            return RequestRefused(429, "quota_requests_by_ip", "Too many requests a second.")
        return None

    def _too_fast(self, per_second: int) -> bool:
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        self._recent.append(now)
        return bool(per_second) and len(self._recent) > per_second
