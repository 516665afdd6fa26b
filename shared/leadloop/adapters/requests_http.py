"""HTTP to vendors on ``requests``."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from secrets import SystemRandom

import requests
from urllib3.exceptions import HTTPError

from leadloop import __version__
from leadloop.adapters.http_failures import failure_of, refusal_of
from leadloop.adapters.http_pace import Pace, PaceExceeded
from leadloop.adapters.http_wire import WatchedAdapter, attempt
from leadloop.adapters.system_clock import SystemClock
from leadloop.ports.clock import Clock
from leadloop.ports.http import HttpRequest, HttpResponse, RateLimited, VendorError

CONNECT_SECONDS = 10.0
_BACKOFF_SECONDS = (0.25, 0.5, 1.0, 2.0)
_MAX_REDIRECTS = 5
_CHANCE = SystemRandom()
_FAILURES = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError)


class RequestsHttp:
    """An ``Http``; safe for threads.

    ``HttpRequest.timeout`` bounds one try from connecting to the last byte. A repeatable request is
    tried up to ``attempts`` times, with waits of up to 0.25, 0.5, 1, 2, 2 … seconds between; any other
    once, on a connection of its own, because a kept-alive one may be closed by the vendor just as the
    request leaves, and then nobody knows. Only GET follows redirects. Cookies are not kept.
    """

    def __init__(
        self,
        rates: Mapping[str, float],
        *,
        attempts: int = 3,
        longest_wait: float = 30.0,
        clock: Clock | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = _CHANCE.random,
    ) -> None:
        """``rates`` is vendor to calls a second; ``clock`` tells how far off a ``Retry-After`` date is.

        A call that would wait longer than ``longest_wait`` seconds for its turn is ``RateLimited`` instead.
        """
        self._pace = Pace(rates, longest_wait, monotonic, sleep)
        self._attempts = attempts
        self._clock = clock or SystemClock()
        self._sleep = sleep
        self._chance = chance
        self._kept = _session(keep_alive=True)
        self._single = _session(keep_alive=False)

    def send(self, request: HttpRequest) -> HttpResponse:
        """See ``Http``. Raises ``ValueError`` when the url holds a query: a query belongs in ``params``."""
        if "?" in request.url:
            raise ValueError(f"{request.vendor} {request.operation}: the url holds a query; expected it in params")
        tries = self._attempts if request.repeatable else 1
        number = 0
        while True:
            outcome = self._try(request)
            if isinstance(outcome, HttpResponse):
                return outcome
            number += 1
            if number == tries or isinstance(outcome, RateLimited):
                raise outcome
            self._sleep(self._chance() * _BACKOFF_SECONDS[min(number, len(_BACKOFF_SECONDS)) - 1])

    def close(self) -> None:
        """Close the connections kept alive."""
        self._kept.close()
        self._single.close()

    def _try(self, request: HttpRequest) -> HttpResponse | VendorError:
        """One try. Failures are returned, not raised, so that no ``requests`` error hangs on to them."""
        try:
            self._pace.wait(request.vendor)
        except PaceExceeded as error:
            return RateLimited(request.vendor, request.operation, f"not sent: {error}", error.wait)
        session = self._kept if request.repeatable else self._single
        with attempt(request.timeout) as watched:
            try:
                answer = session.request(
                    request.method,
                    request.url,
                    params=list(request.params),
                    headers=dict(request.headers),
                    data=request.body,
                    timeout=(min(CONNECT_SECONDS, request.timeout), request.timeout),
                    allow_redirects=request.method.upper() == "GET",
                )
            except _FAILURES as error:
                return failure_of(request, watched, error)
            if watched.overdue:  # an answer without a length ends where it was cut, and looks whole
                return failure_of(request, watched, None)
        refused = refusal_of(request, answer.status_code, answer.headers, self._clock.now())
        return refused or HttpResponse(answer.status_code, answer.headers, answer.content)


def _session(*, keep_alive: bool) -> requests.Session:
    session = requests.Session()
    if not keep_alive:
        session.headers["Connection"] = "close"
    session.headers["User-Agent"] = f"leadloop/{__version__}"
    session.max_redirects = _MAX_REDIRECTS
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    # without this, a ~/.netrc of the machine would replace the vendor's Authorization header
    session.auth = lambda prepared: prepared
    for scheme in ("http://", "https://"):
        session.mount(scheme, WatchedAdapter(keep_alive=keep_alive))
    return session
