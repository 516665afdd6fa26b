"""An ``Http`` that changes what a stand-in answers, into what no stand-in has a switch for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from leadloop.ports.http import Http, HttpRequest, HttpResponse

Tamper: TypeAlias = Callable[[dict[str, Any], dict[str, Any]], None]
"""What was asked and what was told: changes the latter in place."""


class TamperedHttp:
    """Lets every JSON answer be changed before it arrives."""

    def __init__(self, http: Http, tamper: Tamper) -> None:
        self._http = http
        self._tamper = tamper

    def send(self, request: HttpRequest) -> HttpResponse:
        """See ``Http``."""
        answer = self._http.send(request)
        asked, told = json.loads(request.body or b"{}"), json.loads(answer.body)
        self._tamper(asked, told)
        return HttpResponse(answer.status, answer.headers, json.dumps(told).encode())
