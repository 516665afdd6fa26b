"""Logging for Cloud Run: one JSON object a line on standard output.

Keys with a meaning to Google's agent: https://cloud.google.com/logging/docs/structured-logging
Callers must not log what is personal or secret. Should one do it, the last defence is here:
- a value is replaced by ``[removed]`` if its key is in ``FORBIDDEN_KEYS``, or ends in ``_`` and one of
  ``FORBIDDEN_ENDINGS`` (but for ``ALLOWED_KEYS``), at any depth;
- an address with a query is replaced wherever it stands, since the query may hold a key.
"""

from __future__ import annotations

import re
import sys
import threading
from contextvars import ContextVar
from functools import lru_cache
from typing import TextIO

from pydantic_core import to_json

from leadloop import timestamps
from leadloop.json_types import Json
from leadloop.ports.clock import Clock

REMOVED = "[removed]"
_PERSONAL_KEYS = {"phone", "tel", "email", "e_mail", "mail", "contact", "comment"}
_NAME_KEYS = {"name", "first_name", "middle_name", "last_name", "full_name"}
_SECRET_KEYS = {"token", "authorization", "cookie", "secret", "password", "api_key"}
FORBIDDEN_KEYS = frozenset(_PERSONAL_KEYS | _NAME_KEYS | _SECRET_KEYS)
FORBIDDEN_ENDINGS = ("_token", "_secret", "_password", "_phone", "_email", "_api_key")
ALLOWED_KEYS = frozenset({"upload_token"})
"""An upload's token is no secret: it travels in Metrica's ``comment`` and people search by it."""

_ADDRESS_WITH_QUERY = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>?]*\?[^\s\"'<>]*", re.IGNORECASE)
_RESERVED_KEYS = frozenset({"severity", "message", "time", "logging.googleapis.com/trace"})

trace: ContextVar[str | None] = ContextVar("trace", default=None)
"""The trace of the request at hand, ``projects/…/traces/…``, for grouping its lines; set by who serves it."""


class JsonLog:
    """A ``Log`` that writes each entry at once, whole. A log that cannot be written fails nobody's work."""

    def __init__(self, clock: Clock, stream: TextIO | None = None) -> None:
        """``stream`` is standard output, looked up at each entry, when not given."""
        self._clock = clock
        self._stream = stream
        self._lock = threading.Lock()

    def info(self, event: str, **details: Json) -> None:
        """See ``Log``."""
        self._write("INFO", event, details)

    def warning(self, event: str, **details: Json) -> None:
        """See ``Log``."""
        self._write("WARNING", event, details)

    def error(self, event: str, **details: Json) -> None:
        """See ``Log``."""
        self._write("ERROR", event, details)

    def _write(self, severity: str, event: str, details: dict[str, Json]) -> None:
        entry: dict[str, object] = {"severity": severity, "message": _clean("message", event)}
        if at := self._now():
            entry["time"] = at
        if of := trace.get():
            entry["logging.googleapis.com/trace"] = of
        for key, value in details.items():
            entry[f"{key}_" if key in _RESERVED_KEYS else key] = _clean(key, value)
        self._put(to_json(entry).decode() + "\n")

    def _now(self) -> str | None:
        try:
            return timestamps.to_text(self._clock.now())
        except Exception:  # an unreadable clock must not hide what is said about it
            return None

    def _put(self, line: str) -> None:
        stream = self._stream or sys.stdout
        try:
            with self._lock:
                stream.write(line)
                stream.flush()
        except (OSError, ValueError):
            return  # the reader is gone, the disk full, the stream closed


def _clean(key: str, value: object) -> object:
    """The value fit for a log; what is not JSON becomes the name of its type."""
    if _is_forbidden(key):
        return REMOVED
    if isinstance(value, str):
        return _ADDRESS_WITH_QUERY.sub(REMOVED, value) if "?" in value else value
    if isinstance(value, dict):
        return {str(inner): _clean(str(inner), member) for inner, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(key, member) for member in value]
    if isinstance(value, float) and value - value != 0:
        return str(value)  # JSON has no infinity
    return value if value is None or isinstance(value, bool | int | float) else f"<{type(value).__name__}>"


@lru_cache(maxsize=512)
def _is_forbidden(key: str) -> bool:
    plain = key.lower().replace("-", "_")
    return plain not in ALLOWED_KEYS and (plain in FORBIDDEN_KEYS or plain.endswith(FORBIDDEN_ENDINGS))
