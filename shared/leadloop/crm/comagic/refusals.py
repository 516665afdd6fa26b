"""CoMagic's errors, read for what a person or the caller can do about them.

Branches by ``error.data.mnemonic``: codes are groups (https://comagic.github.io/data_api/, lists of errors). A message
may quote what was sent, so it is never kept.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from leadloop.json_types import Json, JsonObject
from leadloop.ports.http import NotSent, OutcomeUnknown, RateLimited, Refused, VendorError


class _Advice(NamedTuple):
    status: int
    """The HTTP status that says the same: 401, 402 and 403 are of the account and of no single call."""
    what_to_do: str


_NEW_KEY = "make another key in the cabinet (Account, Users), without an end, and put it into LEADLOOP_COMAGIC_TOKEN"
_ADVICE = {
    "access_token_expired": _Advice(401, f"the access key is over; {_NEW_KEY}"),
    "access_token_blocked": _Advice(401, f"the access key is blocked; {_NEW_KEY}"),
    "access_token_invalid": _Advice(
        401, f"the access key is not known at this host, or over; check call_tracker.host, or {_NEW_KEY}"
    ),
    "ip_not_whitelisted": _Advice(
        403,
        "this address may not call the Data API; allow it in the cabinet (Account, Users, the user's IP list): the "
        "server's own, the static one of your NAT, or 0.0.0.0/0 where addresses change",
    ),
    "forbidden": _Advice(403, "the key's user lacks the right; give it to read reports and tags"),
    "method_component_disabled": _Advice(
        402,
        "the account has not paid for this report; order the component, or switch off call_tracker.chats or .requests",
    ),
    "parameter_component_disabled": _Advice(402, "the account has not paid for this field; order the component"),
    "account_inactive": _Advice(402, "the account is switched off; see to its payment"),
}
_GROUPS = {-32001: 401, -32003: 403, -32008: 402, -32009: 402, -32601: 404}
_LIMIT, _INTERNAL = -32029, -32603


def failure_of(operation: str, error: Json) -> VendorError:
    """What the ``error`` of an answer amounts to."""
    said = error if isinstance(error, dict) else {}
    data = _object(said.get("data"))
    code, mnemonic = said.get("code"), _word(data.get("mnemonic"))
    if code == _LIMIT or mnemonic == "limit_exceeded":
        return _limited(operation, data)
    if code == _INTERNAL:
        return OutcomeUnknown("comagic", operation, "its own error, internal_error")
    if mnemonic in _ADVICE:
        status, what_to_do = _ADVICE[mnemonic]
        about = f" ({field})" if (field := _word(data.get("value"))) and status == 402 else ""
        return Refused("comagic", operation, f"{mnemonic}{about}; {what_to_do}", status, mnemonic)
    number = code if isinstance(code, int) and not isinstance(code, bool) else None
    status = 400 if number is None else _GROUPS.get(number, 400)
    at = f" at {field}" if (field := _word(data.get("field"))) else ""
    named = mnemonic or number or _word(code) or "an error without a name"
    return Refused("comagic", operation, f"{named}{at}", status, mnemonic)


def _limited(operation: str, data: JsonObject) -> NotSent:
    """Points are per minute and per day; the answer tells in how many seconds there are more."""
    limits = _object(_object(data.get("metadata")).get("limits"))
    named = _object(data.get("params")).get("limit_type")
    spent = named if named in ("day", "minute") else "day" if limits.get("day_remaining") == 0 else "minute"
    wait = limits.get(f"{spent}_reset")
    seconds = float(wait) if isinstance(wait, int | float) and not isinstance(wait, bool) else None
    again = f"; there are more in {seconds:.0f} seconds" if seconds is not None else ""
    total = limits.get(f"{spent}_limit")
    found = f"limit_exceeded: the {total if isinstance(total, int) else ''} calls of a {spent} are spent{again}"
    return RateLimited("comagic", operation, found.replace("  ", " "), seconds)


def _word(value: Json) -> str:
    """A mnemonic or the name of a field, or nothing: anything else may quote what was sent."""
    return value if isinstance(value, str) and re.fullmatch(r"[a-z_.]{1,60}", value) else ""


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}
