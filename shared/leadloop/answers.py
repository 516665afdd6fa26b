"""What functions answer a caller.

An error has one shape everywhere: ``{"error": {"code": …, "message": …, "what_to_do": …}}``. ``code`` is
stable, for programs; ``message`` says what happened, ``what_to_do`` what the caller can do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from pydantic_core import to_json

from leadloop.json_types import Json

HttpAnswer: TypeAlias = tuple[str, int, dict[str, str]]
"""Body, status, headers: what functions-framework takes."""

_JSON = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}


def ok(fields: Mapping[str, Json], headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """200 with a JSON object."""
    return to_json(dict(fields)).decode(), 200, {**_JSON, **(headers or {})}


def plain(text: str) -> HttpAnswer:
    """200 with the exact text a caller insists on."""
    return text, 200, {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}


def no_content(headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """204: it is kept, and there is nothing to say."""
    return "", 204, {"Cache-Control": "no-store", **(headers or {})}


def script(content: bytes, etag: str, known: str) -> HttpAnswer:
    """A script that any page may load, for an hour from its cache; 304 when ``known`` (If-None-Match) names it.

    ``etag`` is the quoted tag of this very content: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2
    """
    headers = {
        "Content-Type": "text/javascript; charset=utf-8",
        "Cache-Control": "public, max-age=3600",
        "ETag": etag,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
    return ("", 304, headers) if tags & {etag, "*"} else (content.decode(), 200, headers)


def see_other(location: str) -> HttpAnswer:
    """303: the browser goes on to a page by GET."""
    return "", 303, {"Location": location, "Cache-Control": "no-store"}


def error(
    status: int, code: str, message: str, what_to_do: str, headers: Mapping[str, str] | None = None
) -> HttpAnswer:
    """An error in the one shape."""
    fields = {"error": {"code": code, "message": message, "what_to_do": what_to_do}}
    return to_json(fields).decode(), status, {**_JSON, **(headers or {})}


def method_not_allowed(found: str, *allowed: str) -> HttpAnswer:
    """405 naming the methods that are."""
    expected = ", ".join(allowed)
    message = f"this address takes {expected}, not {found[:20]}"
    return error(405, "method_not_allowed", message, f"send the request as {allowed[0]}", {"Allow": expected})


def unavailable(message: str, headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """503: nothing was kept, and the same request may succeed in a moment."""
    return error(503, "unavailable", message, "send it again in a few seconds", {"Retry-After": "5", **(headers or {})})
