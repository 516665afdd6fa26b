"""The functions of the company, reached without a socket by whoever has a ``requests.Session``."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict
from urllib3 import HTTPResponse as RawResponse
from werkzeug.test import TestResponse


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
