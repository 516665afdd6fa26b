"""Log entries kept for a test to look at, as they were given: a leak must show, not be cleaned away."""

from __future__ import annotations

import threading
from typing import NamedTuple

from leadloop.json_types import Json, JsonObject


class Entry(NamedTuple):
    """One entry."""

    severity: str
    event: str
    details: JsonObject


class MemoryLog:
    """A ``Log`` that remembers."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._lock = threading.Lock()

    def info(self, event: str, **details: Json) -> None:
        """See ``Log``."""
        self._keep("INFO", event, details)

    def warning(self, event: str, **details: Json) -> None:
        """See ``Log``."""
        self._keep("WARNING", event, details)

    def error(self, event: str, **details: Json) -> None:
        """See ``Log``."""
        self._keep("ERROR", event, details)

    def events(self, severity: str | None = None) -> list[str]:
        """The events in order, of one severity or of all."""
        return [entry.event for entry in self.entries if severity in {None, entry.severity}]

    def _keep(self, severity: str, event: str, details: JsonObject) -> None:
        with self._lock:
            self.entries.append(Entry(severity, event, details))
