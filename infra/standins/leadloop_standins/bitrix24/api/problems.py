"""Refusals in Bitrix24's words. Source: https://apidocs.bitrix24.ru/error-codes.html."""

from collections.abc import Mapping

from ..settings import Switches

SYSTEM_ERRORS: Mapping[str, tuple[int, str]] = {
    "INTERNAL_SERVER_ERROR": (500, "Internal server error"),
    "ERROR_UNEXPECTED_ANSWER": (500, "Server returned an unexpected response"),
    "PORTAL_DELETED": (500, "Portal was deleted"),
    "QUERY_LIMIT_EXCEEDED": (503, "Too many requests"),
    "OVERLOAD_LIMIT": (503, "REST API is blocked due to overload"),
    "OPERATION_TIME_LIMIT": (429, "Method is blocked due to operation time limit."),
    "NO_AUTH_FOUND": (401, "Wrong authorization data"),
    "expired_token": (401, "The access token provided has expired"),
    "ACCESS_DENIED": (403, "REST API is available only on commercial plans"),
    "INVALID_CREDENTIALS": (403, "Invalid request credentials"),
    "insufficient_scope": (403, "The request requires higher privileges than provided by the webhook token"),
    "allowed_only_intranet_user": (403, "The action is allowed only to intranet users"),
    "ERROR_METHOD_NOT_FOUND": (404, "Method not found!"),
    "ERROR_BATCH_METHOD_NOT_ALLOWED": (405, "Method is not allowed for batch usage"),
    "ERROR_BATCH_LENGTH_EXCEEDED": (400, "Max batch length exceeded"),
}
"""Status and text of the errors that any method may answer."""

BY_STATUS: Mapping[int, str] = {
    401: "NO_AUTH_FOUND",
    403: "INVALID_CREDENTIALS",
    404: "ERROR_METHOD_NOT_FOUND",
    429: "OPERATION_TIME_LIMIT",
    503: "QUERY_LIMIT_EXCEEDED",
}
"""What a fault that orders a bare status is answered with; 500 stands for all others."""


class CallRefused(Exception):
    """A call is not done. `code` None is a refusal without a code, whose form is a setting."""

    def __init__(self, status: int, code: str | int | None, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.code = code
        self.description = description

    def told_code(self, switches: Switches) -> str | int:
        """`error` as it is answered: a refusal without a code is an empty text or 0."""
        if self.code is None:
            return 0 if switches.text("bare_errors") == "zero" else ""
        return self.code


def system_error(code: str, description: str | None = None) -> CallRefused:
    """One of SYSTEM_ERRORS."""
    status, text = SYSTEM_ERRORS[code]
    return CallRefused(status, code, text if description is None else description)


def bare(description: str) -> CallRefused:
    """400 without a code, as most classic methods refuse."""
    return CallRefused(400, None, description)


def not_found() -> CallRefused:
    """What `get` of something unknown or deleted answers: 400 with an empty code."""
    return bare("Not found")
