"""Stand-ins reached without a socket, for whatever does not turn on one.

What ``RequestsHttp`` makes of a real connection is proven by its own tests; journeys and the demo use it throughout.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlencode, urlsplit

from werkzeug.test import EnvironBuilder, run_wsgi_app

from leadloop.adapters.http_failures import refusal_of
from leadloop.ports.clock import Clock
from leadloop.ports.http import HttpRequest, HttpResponse, OutcomeUnknown, RateLimited, VendorError
from leadloop_standins.stand_in import StandIn
from leadloop_standins.wire import wire_of

_TRIES = 3
"""As ``RequestsHttp`` makes them for what is repeatable."""


class StandInHttp:
    """An ``Http`` to stand-ins in this process. What befalls a connection befalls the answer."""

    def __init__(self, stand_ins: Mapping[str, StandIn], clock: Clock) -> None:
        """``stand_ins`` by base URL."""
        self._stand_ins = stand_ins
        self._clock = clock

    def send(self, request: HttpRequest) -> HttpResponse:
        """See ``Http``."""
        tries = _TRIES if request.repeatable else 1
        while True:
            outcome, tries = self._try(request), tries - 1
            if isinstance(outcome, HttpResponse):
                return outcome
            if not tries or isinstance(outcome, RateLimited):
                raise outcome

    def _try(self, request: HttpRequest) -> HttpResponse | VendorError:
        parts = urlsplit(request.url)
        environ = EnvironBuilder(
            path=parts.path,
            base_url=f"{parts.scheme}://{parts.netloc}",
            method=request.method,
            query_string=urlencode(request.params),
            headers=list(request.headers.items()),
            data=request.body,
        ).get_environ()
        wire = wire_of(environ)  # before the stand-in is asked: it is given a copy
        began = time.monotonic()
        body, status, headers = run_wsgi_app(
            self._stand_ins[f"{parts.scheme}://{parts.netloc}"], environ, buffered=True
        )
        if wire.drop or wire.keep_bytes is not None:
            return OutcomeUnknown(request.vendor, request.operation, "the connection broke")
        if time.monotonic() - began > request.timeout:
            return OutcomeUnknown(request.vendor, request.operation, "no answer in time")
        code = int(status.split()[0])
        refused = refusal_of(request, code, dict(headers), self._clock.now())
        return refused or HttpResponse(code, dict(headers), b"".join(body))


@contextmanager
def at_work(*stand_ins: StandIn) -> Iterator[None]:
    """Let the stand-ins begin, and end with the block."""
    for stand_in in stand_ins:
        stand_in.start()
    try:
        yield
    finally:
        for stand_in in stand_ins:
            stand_in.stop()
