"""An ``Http`` that answers from a script and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Sequence

from leadloop.ports.http import HttpRequest, HttpResponse, VendorError


class ScriptedHttp:
    """Gives the next answer of the script, or raises it."""

    def __init__(self, script: Sequence[HttpResponse | VendorError]) -> None:
        self._script = list(script)
        self.requests: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        answer = self._script.pop(0)
        if isinstance(answer, VendorError):
            raise answer
        return answer


def answer(body: str | bytes, status: int = 200) -> HttpResponse:
    return HttpResponse(status, {}, body.encode() if isinstance(body, str) else body)
