"""The ordered record of the requests a stand-in received."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request

from .clock import format_time

SECRET_QUERY_KEYS = frozenset(
    (
        "access_token",
        "refresh_token",
        "oauth_token",
        "token",
        "auth",
        "auth_token",
        "client_secret",
        "code",
        "ms",
        "api_key",
    )
)


@dataclass
class JournalEntry:
    """One request. `status` is None while it is served and stays None when the client got no answer."""

    number: int
    at: str
    method: str
    path: str
    query: str
    status: int | None = None
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def target(self) -> str:
        """The path with what is shown of the query; what faults match against."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def as_json(self) -> dict[str, Any]:
        """Its fields by name."""
        return asdict(self)


class Journal:
    """Entries in the order of arrival. Tokens never enter: headers are left out and secret query keys dropped."""

    def __init__(self, secret_query_keys: Iterable[str] = ()) -> None:
        self._secrets = SECRET_QUERY_KEYS | frozenset(secret_query_keys)
        self.entries: list[JournalEntry] = []

    def arrive(self, request: Request, now: datetime, path: str) -> JournalEntry:
        """Records a request that has just come in, under a path without secrets; the caller completes the entry."""
        shown = [(key, value) for key, value in request.args.items(multi=True) if key.lower() not in self._secrets]
        entry = JournalEntry(len(self.entries) + 1, format_time(now), request.method, path, urlencode(shown))
        self.entries.append(entry)
        return entry

    def clear(self) -> None:
        """Forgets every request."""
        self.entries.clear()

    def as_json(self) -> list[dict[str, Any]]:
        """All entries in the order of arrival."""
        return [entry.as_json() for entry in self.entries]
