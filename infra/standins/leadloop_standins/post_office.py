"""Posts what is due. HTTP happens outside the stand-in's lock, for receivers may call the API before they answer."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

import requests

NO_ANSWER = 0
"""The result code of a timeout, a refused connection or an unknown host."""

_POLL_SECONDS = 0.05
_MOST_PER_ROUND = 10_000
"""A receiver that causes a change for every hook about one would keep one round going for ever."""


class Queued(Protocol):
    """A request on its way to one destination; in state `due` until nothing more is to be tried."""

    id: int

    @property
    def state(self) -> str:
        """`due`, or what became of it."""


D = TypeVar("D", bound=Queued)


class Queue(Protocol[D]):
    """What waits to be posted. Times are Unix seconds of the stand-in's calendar."""

    def due(self, now: int) -> Sequence[D]:
        """What is to be posted now, in the order in which to post it."""

    def settle(self, delivery: D, code: int, now: int) -> None:
        """Notes the result of an attempt: an HTTP status or NO_ANSWER."""


class PostOffice(Generic[D]):
    """Delivers on demand, and by itself while `by_itself` says so and `start` was called."""

    def __init__(
        self,
        lock: threading.RLock,
        queue: Callable[[], Queue[D]],
        post: Callable[[D], int],
        now: Callable[[], int],
        by_itself: Callable[[], bool],
    ) -> None:
        self._lock = lock
        self._queue = queue
        self._post = post
        self._now = now
        self._by_itself = by_itself
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
            self._thread = threading.Thread(target=self._run, name="post-office", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ends the thread; a request under way is finished first."""
        if self._thread is not None:
            self._stopped.set()
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._stopped.wait(_POLL_SECONDS):
            if self._by_itself():
                self.pump()

    def _next(self, tried: set[int]) -> tuple[D, int] | None:
        """What leaves next, and when it does: pauses are counted from there, however far the clock moves meanwhile."""
        with self._lock:
            now = self._now()
            return next(((one, now) for one in self._queue().due(now) if one.id not in tried), None)

    def _deliver(self, delivery: D, at: int) -> str:
        code = self._post(delivery)
        with self._lock:
            self._queue().settle(delivery, code, at)
            return "retry" if delivery.state == "due" else delivery.state


def result_of(method: str, url: str, headers: Mapping[str, str | bytes], body: bytes | None, deadline: float) -> int:
    """Sends one request: the status that came within the deadline, or NO_ANSWER. Follows nothing, signs in nowhere.

    The body of the answer is never read: vendors ignore it, and reading would stretch the deadline.
    """
    try:
        with requests.Session() as session:
            session.trust_env = False
            with session.request(
                method, url, data=body, headers=headers, timeout=deadline, allow_redirects=False, stream=True
            ) as answer:
                return answer.status_code
    except requests.RequestException:
        return NO_ANSWER
