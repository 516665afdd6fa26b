"""Posts what is due. HTTP happens outside the stand-in's lock, for receivers may call the API before they answer."""

import threading
from collections import Counter
from collections.abc import Callable

import requests

from ..settings import Switches
from .deliveries import Deliveries, Delivery
from .retries import NO_ANSWER

_POLL_SECONDS = 0.05
_MOST_PER_ROUND = 10_000
"""A receiver that edits a lead for every hook about it would keep one round going for ever."""


class PostOffice:
    """Delivers on demand, and by itself while `deliver_automatically` is on and `start` was called."""

    def __init__(
        self, lock: threading.RLock, deliveries: Callable[[], Deliveries], switches: Switches, now: Callable[[], int]
    ) -> None:
        self._lock = lock
        self._deliveries = deliveries
        self._switches = switches
        self._now = now
        self._one_round_at_a_time = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def pump(self) -> Counter[str]:
        """Posts everything due, and what becomes due meanwhile, after a round under way. Counts by state reached."""
        counts: Counter[str] = Counter()
        with self._one_round_at_a_time:
            tried: set[int] = set()
            while len(tried) < _MOST_PER_ROUND and (departure := self._next(tried)) is not None:
                delivery, at = departure
                tried.add(delivery.id)
                counts[self._deliver(delivery, at)] += 1
        return counts

    def start(self) -> None:
        """Begins to deliver by itself; harmless when it has begun."""
        if self._thread is None:
            self._stopped.clear()
            self._thread = threading.Thread(target=self._run, name="amocrm-webhooks", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ends the thread; a POST under way is finished first."""
        if self._thread is not None:
            self._stopped.set()
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._stopped.wait(_POLL_SECONDS):
            if self._switches.on("deliver_automatically"):
                self.pump()

    def _next(self, tried: set[int]) -> tuple[Delivery, int] | None:
        """What leaves next, and when it does: pauses are counted from there, however far the clock moves meanwhile."""
        with self._lock:
            now = self._now()
            return next(((one, now) for one in self._deliveries().due(now) if one.id not in tried), None)

    def _deliver(self, delivery: Delivery, at: int) -> str:
        code = _post(delivery, self._switches.seconds("webhook_deadline_seconds"))
        with self._lock:
            self._deliveries().settle(delivery, code, at)
            return "retry" if delivery.state == "due" else delivery.state


def _post(delivery: Delivery, deadline: float) -> int:
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "amoCRM-Webhooks/3.0",
        "Accept-Encoding": "gzip",
        "X-Amocrm-Requestid": delivery.request_id,
    }
    body = delivery.body.encode()
    try:
        with requests.Session() as session:
            session.trust_env = False
            # The body of the answer is never read: amoCRM ignores it, and reading would stretch the deadline.
            with session.post(
                delivery.destination, body, headers=headers, timeout=deadline, allow_redirects=False, stream=True
            ) as answer:
                return answer.status_code
    except requests.RequestException:
        return NO_ANSWER
