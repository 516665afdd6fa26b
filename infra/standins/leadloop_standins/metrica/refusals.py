"""Metrica's error answers."""

from typing import Any

import flask
from werkzeug.wrappers import Response

NO_SUCH_OBJECT = "No object with specified ID."

# Error types by status where the vendor's list names one; the first named wins where it names several.
_TYPE_BY_STATUS = {
    400: "invalid_parameter",
    401: "unauthorized",
    403: "access_denied",
    404: "not_found",
    406: "not_acceptable",
    409: "conflict",
    420: "quota_requests_by_uid",
    429: "quota_requests_by_uid",
    503: "backend_error",
    504: "timeout",
}


class RequestRefused(Exception):
    """The vendor refuses a request. `location` names the offending part, as some answers do; `retry_after` is seconds.

    The vendor documents no Retry-After, so 0 sends none.
    """

    def __init__(self, status: int, error_type: str, message: str, location: str = "", retry_after: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.error_type = error_type
        self.message = message
        self.location = location
        self.retry_after = retry_after


def invalid_parameter(message: str, location: str = "") -> RequestRefused:
    """400: a parameter of the query, the path or a JSON body is wrong."""
    return RequestRefused(400, "invalid_parameter", message, location)


def refusal_response(refusal: RequestRefused) -> Response:
    """The body all management methods share; an unnamed location is left out, as in bodies seen on the wire."""
    error: dict[str, Any] = {"error_type": refusal.error_type, "message": refusal.message}
    if refusal.location:
        error["location"] = refusal.location
    body = {"errors": [error], "code": refusal.status, "message": refusal.message}
    headers = {"Retry-After": str(refusal.retry_after)} if refusal.retry_after else {}
    text = flask.json.dumps(body, ensure_ascii=False)
    return Response(text, refusal.status, headers, mimetype="application/json")


def refusal_of_status(status: int) -> RequestRefused:
    """A refusal for a bare status, with the vendor's error type for it."""
    error_type = _TYPE_BY_STATUS.get(status, "backend_error")
    return RequestRefused(status, error_type, error_type.replace("_", " ").capitalize())
