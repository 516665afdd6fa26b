"""Structured logging: one JSON object a line, as Cloud Run reads it."""

from __future__ import annotations

from typing import Protocol

from leadloop.json_types import Json


class Log(Protocol):
    """Writes what happened. Never pass personal data, a token or a URL with a key.

    Reserved words of Google's logging agent: https://cloud.google.com/logging/docs/structured-logging
    """

    def info(self, event: str, **details: Json) -> None:
        """Something worth counting happened. ``event`` is past tense: ``lead_registered``."""
        ...

    def warning(self, event: str, **details: Json) -> None:
        """Something a person may want to look at."""
        ...

    def error(self, event: str, **details: Json) -> None:
        """Something a person must act on; ``details["what_to_do"]`` says how."""
        ...
