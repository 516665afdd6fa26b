"""Visits as they rest: when the browser of a ClientID was on the site, and who it said was there.

A visit is known by its ClientID, the UserID (or none) and the day in UTC; of several beacons the earliest
is kept, so that neither their number nor their order decides what rests. It holds ids, tags and reduced
addresses, and nothing personal.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from leadloop import timestamps
from leadloop.digests import digest
from leadloop.json_types import JsonObject, json_list
from leadloop.messages import AdIds, PageAddress, VisitCaptured
from leadloop.ports.store import Create, Document, Key, Update, Write

RETENTION = timedelta(days=111)
"""For so long after a visit Metrica takes changes of an order that is bound to it; after that it is of no use."""

_WEAK_IDS = ("client_id", "yclid", "appmetrica_device_id", "user_id")


class Visit(BaseModel):
    """One day's visit of one browser under one name."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    client_id: str
    user_id: str | None = None
    at: datetime
    """When it was first heard of on that day."""
    event_id: str
    """Which beacon tells of it; of simultaneous ones the smaller id, so that it is always the same."""
    ids: AdIds
    page: PageAddress = PageAddress()
    landing: PageAddress = PageAddress()
    referrer: PageAddress = PageAddress()
    utm: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def of(cls, document: Document) -> Self:
        """Read a visit from its document."""
        return cls.model_validate(document.fields)

    @classmethod
    def told_by(cls, captured: VisitCaptured) -> Self:
        """The visit a beacon tells of. Raises ``ValueError`` when it names no ClientID."""
        if captured.ids.client_id is None:
            raise ValueError("a visit without a ClientID is nobody's")
        told = captured.model_dump(include={"event_id", "ids", "page", "landing", "referrer", "utm"})
        client_id, user_id = captured.ids.client_id, captured.ids.user_id
        return cls(client_id=client_id, user_id=user_id, at=captured.occurred_at, **told)

    @property
    def day(self) -> str:
        """The day in UTC, ``2026-09-01``."""
        return timestamps.utc_day(self.at)

    @property
    def key(self) -> Key:
        """Where the visit lives."""
        return Key("visit", digest("visit", self.client_id, self.user_id, self.day))

    def earlier(self, other: Visit) -> Visit:
        """Of two beacons of one visit the one that is kept, whichever came first."""
        return min(self, other, key=lambda visit: (visit.at, visit.event_id))

    def write(self, version: str | None) -> Write:
        """Create the document, or update the version that was read."""
        return Create(self.key, self.fields()) if version is None else Update(self.key, self.fields(), version)

    def fields(self) -> JsonObject:
        """The document."""
        kept: JsonObject = self.model_dump(mode="json")
        named = self.ids.model_dump()
        return {
            **kept,
            "at": timestamps.to_text(self.at),
            "day": self.day,
            "weak_ids": json_list(sorted(f"{name}:{named[name]}" for name in _WEAK_IDS if named[name])),
            "expires_at": timestamps.to_text(self.at + RETENTION),
        }
