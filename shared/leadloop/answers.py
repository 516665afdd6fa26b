"""What functions answer a caller.

An error has one shape everywhere: ``{"error": {"code": …, "message": …, "what_to_do": …}}``. ``code`` is
stable, for programs; ``message`` says what happened, ``what_to_do`` what the caller can do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from leadloop.json_types import Json

HttpAnswer: TypeAlias = tuple[str, int, dict[str, str]]
"""Body, status, headers: what functions-framework takes."""

_JSON = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}


def ok(fields: Mapping[str, Json], headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """200 with a JSON object."""
    return json.dumps(dict(fields), ensure_ascii=False), 200, {**_JSON, **(headers or {})}


def plain(text: str) -> HttpAnswer:
    """200 with the exact text a caller insists on."""
    return text, 200, {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}


def see_other(location: str) -> HttpAnswer:
    """303: the browser goes on to a page by GET."""
    return "", 303, {"Location": location, "Cache-Control": "no-store"}


def error(
    status: int, code: str, message: str, what_to_do: str, headers: Mapping[str, str] | None = None
) -> HttpAnswer:
    """An error in the one shape."""
    fields = {"error": {"code": code, "message": message, "what_to_do": what_to_do}}
    return json.dumps(fields, ensure_ascii=False), status, {**_JSON, **(headers or {})}


def method_not_allowed(found: str, *allowed: str) -> HttpAnswer:
    """405 naming the methods that are."""
    expected = ", ".join(allowed)
    message = f"this address takes {expected}, not {found[:20]}"
    return error(405, "method_not_allowed", message, f"send the request as {allowed[0]}", {"Allow": expected})


def unavailable(message: str, headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """503: nothing was kept, and the same request may succeed in a moment."""
    return error(503, "unavailable", message, "send it again in a few seconds", {"Retry-After": "5", **(headers or {})})
