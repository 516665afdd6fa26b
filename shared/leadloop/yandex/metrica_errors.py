"""Metrica's refusals, told apart by ``error_type``: the message is localised and says something else in Russian.

https://yandex.com/dev/metrika/en/intro/quotas and the errors page of the same documentation.
"""

from __future__ import annotations

import json
from typing import NoReturn

from leadloop.json_types import Json
from leadloop.ports.http import HttpResponse, OutcomeUnknown, RateLimited, Refused

VENDOR = "metrica"

ROW_FAULTS = frozenset({"invalid_uploading", "too_much_rows"})
"""Refusals that a file brings on itself; all others are about rights, the counter or the quota."""

_QUOTA_STATUSES = (420, 429)
_SERVER_FAULTS = frozenset({"backend_error", "timeout"})
_TOO_LARGE = 413
_REQUEST_TIMEOUT = 408


def is_row_fault(refusal: Refused) -> bool:
    """Whether a smaller file, or one without some row, could be taken."""
    return refusal.error_type in ROW_FAULTS or refusal.status == _TOO_LARGE


def is_token_fault(refusal: Refused) -> bool:
    """Whether the token itself is not known: a bad one is 403 ``invalid_token``, a missing one 401."""
    return refusal.status == 401 or refusal.error_type in ("invalid_token", "unauthorized")


def raise_failure(operation: str, response: HttpResponse) -> NoReturn:
    """Turn an answer that is no success into the error that says whether it may be sent again.

    Raises ``RateLimited`` on a quota, ``Refused`` on other 4xx, and ``OutcomeUnknown`` on whatever may have
    been done all the same: 5xx, a redirect, a request that timed out on the way.
    """
    error_type = read_error_type(response.body)
    found = f"HTTP {response.status}, error_type {error_type or 'not given'}"
    if response.status in _QUOTA_STATUSES or error_type.startswith("quota"):
        raise RateLimited(VENDOR, operation, found)
    is_refusal = 400 <= response.status < 500 and response.status != _REQUEST_TIMEOUT
    if not is_refusal or error_type in _SERVER_FAULTS:
        raise OutcomeUnknown(VENDOR, operation, found)
    raise Refused(VENDOR, operation, found, response.status, error_type)


def read_error_type(body: bytes) -> str:
    """The first ``error_type`` of an error body; empty if there is none, as in a proxy's page."""
    try:
        answer: Json = json.loads(body)
    except ValueError:
        return ""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    if not isinstance(errors, list) or not errors or not isinstance(errors[0], dict):
        return ""
    error_type = errors[0].get("error_type")
    return error_type if isinstance(error_type, str) else ""
