"""An ``Http`` that answers as it was told, and keeps what was sent."""

from __future__ import annotations

import json
from collections.abc import Callable

from leadloop.ports.http import HttpRequest, HttpResponse


class Wire:
    """Gives its answers in turn, the last one for ever."""

    def __init__(self, *answers: tuple[int, object] | Callable[[HttpRequest], tuple[int, object]]) -> None:
        self._answers = list(answers)
        self.sent: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        self.sent.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        status, body = answer(request) if callable(answer) else answer
        return HttpResponse(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())
