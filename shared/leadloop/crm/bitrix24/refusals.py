"""Bitrix24's errors, sorted by whether the call may be made again, with what a person can do about them.

https://apidocs.bitrix24.ru/error-codes.html and https://apidocs.bitrix24.ru/limits.html. A code may be an empty text
or 0. Texts may quote what was sent, so only short ones are kept.
"""

from __future__ import annotations

import re

from leadloop.crm.words import word_of
from leadloop.json_types import Json, JsonObject
from leadloop.ports.http import OutcomeUnknown, RateLimited, Refused, VendorError
from leadloop.secrets import BITRIX24_WEBHOOK

QUERY_LIMIT, OPERATION_LIMIT, OVERLOAD = "QUERY_LIMIT_EXCEEDED", "OPERATION_TIME_LIMIT", "OVERLOAD_LIMIT"
NOT_FOUND, ACCESS_DENIED = "NOT_FOUND", "ACCESS_DENIED"

_PAUSE = 5.0
"""Seconds: the bucket of requests loses two a second."""
_FULL_PAUSE = 600.0
"""Seconds: the work of a method is counted over ten minutes."""

_NEW_ADDRESS = f"the portal knows no such webhook, or it has ended: put its present address into {BITRIX24_WEBHOOK}"
_RIGHTS = "who made the inbound webhook was dismissed or lacks rights: let an administrator make one"
_HIDDEN = "who made the inbound webhook may not see or change it: give that employee the right, or leave it be"
_SAY = {
    "NO_AUTH_FOUND": (401, _NEW_ADDRESS),
    "EXPIRED_TOKEN": (401, _NEW_ADDRESS),
    "INVALID_CREDENTIALS": (403, f"{_RIGHTS}; or {_NEW_ADDRESS}"),
    "INSUFFICIENT_SCOPE": (403, "the inbound webhook lacks the right `crm`: tick it in the webhook's settings"),
    "USER_ACCESS_ERROR": (403, _RIGHTS),
    "ALLOWED_ONLY_INTRANET_USER": (403, _RIGHTS),
    ACCESS_DENIED: (403, f"the portal's tariff has no REST, or {_RIGHTS}"),
}
"""By code, in capitals: the status it comes with, also within a batch, and what to do."""
_UNKNOWN = frozenset({"INTERNAL_SERVER_ERROR", "ERROR_UNEXPECTED_ANSWER", "PORTAL_DELETED"})


def failure_of(
    operation: str, told: JsonObject, status: int, retry_after: float | None = None, *, of_one: bool = False
) -> VendorError:
    """The error that ``error`` and ``error_description`` amount to; a code may be empty.

    ``of_one``: a single card was asked for. Whoever may not see that one is refused with 400, and may see others; who
    is let in no more, with 403.
    """
    code = word_of(told.get("error"))
    if code == QUERY_LIMIT:
        return RateLimited("bitrix24", operation, f"{status} {code}", retry_after or _PAUSE)
    if code == OPERATION_LIMIT:
        return RateLimited("bitrix24", operation, f"{status} {code}", retry_after or _FULL_PAUSE)
    if code == OVERLOAD:
        found = f"{status} {code}: the portal's REST was blocked by hand; ask the support of Bitrix24"
        return RateLimited("bitrix24", operation, found, _FULL_PAUSE)
    if status >= 500 or code in _UNKNOWN:
        return OutcomeUnknown("bitrix24", operation, f"{status} {code}".strip())
    is_hidden = of_one and status == 400 and code.upper() == ACCESS_DENIED
    known_status, what_to_do = (400, _HIDDEN) if is_hidden else _SAY.get(code.upper(), (status, ""))
    parts = (str(known_status), code, _plain(told.get("error_description")), what_to_do)
    return Refused("bitrix24", operation, "; ".join(filter(None, parts)), known_status, code)


def _plain(text: Json) -> str:
    """A text of a few short words, such as ``Access denied.``: nothing that was sent is written so."""
    return text if isinstance(text, str) and re.fullmatch(r"[A-Za-z]{1,14}( [A-Za-z]{1,14}){0,7}[.!]?", text) else ""


def seconds_until_reset(time: Json) -> float | None:
    """How long a method rests that has worked too long, both instants by the portal's own clock."""
    if not isinstance(time, dict):
        return None
    reset, now = time.get("operating_reset_at"), time.get("start")
    if not isinstance(reset, int | float) or not isinstance(now, int | float):
        return None
    return max(float(reset) - float(now), 1.0)
