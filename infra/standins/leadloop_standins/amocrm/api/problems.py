"""What the API answers when it does not do what was asked.

Source: https://www.amocrm.ru/developers/content/crm_platform/error-codes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import flask
from werkzeug.wrappers import Response

_DETAILS = {
    401: "Invalid or missing access token",
    402: "The account is not paid for",
    403: "Access is forbidden",
    429: "Too many requests",
}
_HTML_429 = "<html><head><title>429 Too Many Requests</title></head><body><h1>429 Too Many Requests</h1></body></html>"


class RequestRefused(Exception):
    """Ends a request with a status and the vendor's body; `code` is amoCRM's own number where it has one."""

    def __init__(self, status: int, detail: str | None = None, code: int | None = None) -> None:
        super().__init__(detail or _DETAILS.get(status, ""))
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one entity of a request."""

    code: str
    path: str
    detail: str


NOT_A_CHOICE = "NotSupportedChoice"
WRONG_TYPE = "InvalidType"


def not_a_choice(path: str) -> Problem:
    """An id, code or value that the account does not have."""
    return Problem(NOT_A_CHOICE, path, "The value you selected is not a valid choice.")


def wrong_type(path: str, expected: str) -> Problem:
    """A JSON value of another type than the field takes."""
    return Problem(WRONG_TYPE, path, f"This value should be of type {expected}.")


class ValidationFailed(Exception):
    """Problems per entity of the request, by its request_id or its index. Nothing of the request was done."""

    def __init__(self, found: Sequence[tuple[str, Sequence[Problem]]]) -> None:
        super().__init__("Request validation failed")
        self.found = [(request_id, problems) for request_id, problems in found if problems]


def problem_body(status: int, detail: str = "", code: int | None = None) -> dict[str, Any]:
    """The body of an `application/problem+json` answer."""
    phrase = HTTPStatus(status).phrase
    own_code = {} if code is None else {"error_code": str(code)}
    frame = {"title": phrase, "type": f"https://httpstatus.es/{status}", "status": status}
    return {**own_code, **frame, "detail": detail or _DETAILS.get(status, phrase)}


def problem_response(status: int, detail: str = "", code: int | None = None) -> Response:
    """A refusal without particulars."""
    return _response(status, problem_body(status, detail, code))


def html_429() -> Response:
    """What the servers before the API answer; the official client survives it, others often do not."""
    return Response(_HTML_429, 429, mimetype="text/html")


def refused(problem: RequestRefused) -> Response:
    """Handler of RequestRefused."""
    return problem_response(problem.status, str(problem), problem.code)


def invalid(problem: ValidationFailed) -> Response:
    """Handler of ValidationFailed."""
    errors = [
        {
            "request_id": request_id,
            "errors": [{"code": one.code, "path": one.path, "detail": one.detail} for one in problems],
        }
        for request_id, problems in problem.found
    ]
    return _response(400, {"validation-errors": errors, **problem_body(400, str(problem))})


def _response(status: int, body: dict[str, Any]) -> Response:
    return Response(flask.json.dumps(body, ensure_ascii=False), status, content_type="application/problem+json")
