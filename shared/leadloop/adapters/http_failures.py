"""Sorting what went wrong with a call, in words that hold no address, token or body.

The texts of ``requests`` hold the whole URL, so none of them is passed on.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

import requests
from urllib3.exceptions import NameResolutionError

from leadloop.adapters.http_wire import Attempt
from leadloop.ports.http import HttpRequest, NotSent, OutcomeUnknown, RateLimited, VendorError

SLOW_DOWN = frozenset({420, 429})
"""420 is Metrica's (https://yandex.com/dev/metrika/en/intro/quotas)."""


def failure_of(request: HttpRequest, attempt: Attempt, error: BaseException | None) -> VendorError:
    """The failure of a try that brought no whole answer."""
    if not attempt.sent:
        return NotSent(
            request.vendor, request.operation, f"no connection: {_why_no_connection(error)}; nothing was sent"
        )
    if attempt.overdue or isinstance(error, requests.Timeout):
        found = f"no whole answer within {attempt.seconds:g} s"
    else:
        found = "the connection broke before the whole answer was read"
    return OutcomeUnknown(request.vendor, request.operation, found)


def refusal_of(request: HttpRequest, status: int, headers: Mapping[str, str], now: datetime) -> VendorError | None:
    """The failure that an answer's status means, if the transport is to sort it out."""
    if status in request.explained:
        return None
    if status in SLOW_DOWN:
        found = f"answered {status}: its quota is used up"
        return RateLimited(request.vendor, request.operation, found, retry_after(headers, now))
    if status >= 500:
        return OutcomeUnknown(request.vendor, request.operation, f"answered {status}")
    return None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds the vendor asks to wait (RFC 9110 §10.2.3), never negative; ``None`` when it does not say.

    A date is compared with the answer's own ``Date``, so that a difference of clocks does no harm.
    """
    said = headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        until = parsedate_to_datetime(said)
        sent_at = parsedate_to_datetime(headers["Date"]) if "Date" in headers else now
        return max(0.0, (until - sent_at).total_seconds())
    except (ValueError, TypeError):  # TypeError: one of the two names no zone
        return None


def _why_no_connection(error: BaseException | None) -> str:
    causes = list(_chain(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not accepted ({cause.verify_message})"
    sorts: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
        (requests.exceptions.ProxyError, "the proxy did not let it through"),
        ((NameResolutionError, socket.gaierror), "its host name is not known"),
        ((requests.exceptions.SSLError, ssl.SSLError), "no secure connection could be agreed on"),
        ((requests.Timeout, TimeoutError), "its host did not answer in time"),
        (ConnectionRefusedError, "its host refused"),
        (ValueError, "the call's address or a header of it is not valid"),
    )
    for kinds, words in sorts:
        if any(isinstance(cause, kinds) for cause in causes):
            return words
    return "its host cannot be reached"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and all that it wraps; urllib3 puts the cause in ``args`` or ``reason``."""
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and one not in seen:
            seen.append(one)
            yield one
            waiting += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
