"""HTTP to vendors, with failures sorted by the only question a caller has: may I send it again?

VendorError
├── NotSent          the vendor did nothing; safe to send again
│   └── RateLimited  the vendor asked to slow down (429, Metrica's 420)
├── Refused          the vendor said no to this content or these rights; sending again is no use
└── OutcomeUnknown   it may have been done; look before sending again
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol


class VendorError(Exception):
    """A call to a vendor did not succeed. ``vendor`` and ``operation`` name it without any secret."""

    def __init__(self, vendor: str, operation: str, found: str) -> None:
        super().__init__(f"{vendor} {operation}: {found}")
        self.vendor = vendor
        self.operation = operation
        self.found = found


class NotSent(VendorError):
    """The vendor certainly did nothing: no connection, refused before work, or quota."""


class RateLimited(NotSent):
    """The vendor's quota is used up; ``retry_after`` seconds if the vendor said so."""

    def __init__(self, vendor: str, operation: str, found: str, retry_after: float | None = None) -> None:
        super().__init__(vendor, operation, found)
        self.retry_after = retry_after


class Refused(VendorError):
    """The vendor answered 4xx: nothing was done and the same call will be refused again."""

    def __init__(self, vendor: str, operation: str, found: str, status: int, error_type: str = "") -> None:
        super().__init__(vendor, operation, found)
        self.status = status
        self.error_type = error_type


class OutcomeUnknown(VendorError):
    """The request may have reached the vendor: a time-out, a cut connection, a 5xx."""


class HttpRequest(NamedTuple):
    """A call as the vendor sees it. ``url`` has no query; ``params`` carry it."""

    vendor: str
    operation: str
    method: str
    url: str
    params: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes | None = None
    timeout: float = 30.0
    repeatable: bool = False
    """Whether doing it twice is harmless; only then does the transport retry by itself."""
    explained: frozenset[int] = frozenset()
    """Statuses whose answers say more in their bodies: they come back as they are, and are not tried again."""


class HttpResponse(NamedTuple):
    """What came back, any status."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Http(Protocol):
    """One transport for all vendors."""

    def send(self, request: HttpRequest) -> HttpResponse:
        """Send and return the answer whatever its status, but for what the transport sorts out itself.

        Keeps to the vendor's rate. Raises ``NotSent`` when no connection could be made,
        ``RateLimited`` on 429 and 420, ``OutcomeUnknown`` on a time-out, a cut connection or any 5xx.
        A ``repeatable`` request is tried a bounded number of times, with jitter, first.
        """
        ...
