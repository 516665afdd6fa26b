"""Both vendors' stand-ins and the functions of the company, reached without a socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict
from urllib3 import HTTPResponse as RawResponse
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

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
            method=request.method,
            query_string=urlencode(request.params),
            headers=list(request.headers.items()),
            data=request.body,
        ).get_environ()
        body, status, headers = run_wsgi_app(
            self._stand_ins[f"{parts.scheme}://{parts.netloc}"], environ, buffered=True
        )
        wire = wire_of(environ)
        if wire.drop or wire.keep_bytes is not None:
            return OutcomeUnknown(request.vendor, request.operation, "the connection broke")
        code = int(status.split()[0])
        refused = refusal_of(request, code, dict(headers), self._clock.now())
        return refused or HttpResponse(code, dict(headers), b"".join(body))


class InProcess(HTTPAdapter):
    """The transport under a ``requests.Session`` of somebody outside: every request ends in this process."""

    def __init__(self, answer: Callable[[requests.PreparedRequest], TestResponse]) -> None:
        self._answer = answer
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401
        """See ``requests``."""
        answer = self._answer(request)
        raw = RawResponse(
            body=BytesIO(answer.get_data()),
            headers=HTTPHeaderDict(list(answer.headers.items())),
            status=answer.status_code,
            preload_content=False,
        )
        response: requests.Response = self.build_response(request, raw)
        return response
