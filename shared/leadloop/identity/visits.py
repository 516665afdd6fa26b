"""Visits as they rest: when the browser of a ClientID was on the site, and who it said was there.

A visit is known by its ClientID and the day in UTC; of several beacons the earliest is kept, and of the
UserIDs they named the first ``MOST_NAMES``, so that neither their number nor their order decides what rests.
Anybody can send a beacon with any UserID: it is a weak id, it rests here alone, and no lead learns of it.
A visit holds ids, tags and reduced addresses, and nothing personal.
"""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

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

MOST_NAMES = 4
"""UserIDs of a visit, the first of the day: room for a family at one computer, and none for a flood of made-up names.
Names made up early enough keep later ones out, of that day and that ClientID."""

_WEAK_IDS = ("client_id", "yclid", "appmetrica_device_id")


class Named(BaseModel):
    """Who signed in, and when first on that day."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    user_id: str
    at: datetime


class Visit(BaseModel):
    """One day's visit of one browser."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    client_id: str
    at: datetime
    """When it was first heard of on that day."""
    event_id: str
    """Which beacon tells of it; of simultaneous ones the smaller id, so that it is always the same."""
    ids: AdIds
    """What that beacon said, but for the UserID, which is among ``named``."""
    page: PageAddress = PageAddress()
    landing: PageAddress = PageAddress()
    referrer: PageAddress = PageAddress()
    utm: dict[str, str] = Field(default_factory=dict)
    named: tuple[Named, ...] = ()
    """The first UserIDs of the day, in order."""

    @classmethod
    def of(cls, document: Document) -> Self:
        """Read a visit from its document."""
        return cls.model_validate(document.fields)

    @classmethod
    def told_by(cls, captured: VisitCaptured) -> Self:
        """The visit a beacon tells of. Raises ``ValueError`` when it names no ClientID."""
        if captured.ids.client_id is None:
            raise ValueError("a visit without a ClientID is nobody's")
        told = captured.model_dump(include={"event_id", "page", "landing", "referrer", "utm"})
        user_id, at = captured.ids.user_id, captured.occurred_at
        ids = captured.ids.model_copy(update={"user_id": None})
        named = (Named(user_id=user_id, at=at),) if user_id is not None else ()
        return cls(client_id=captured.ids.client_id, at=at, ids=ids, named=named, **told)

    @property
    def day(self) -> str:
        """The day in UTC, ``2026-09-01``."""
        return timestamps.utc_day(self.at)

    @property
    def key(self) -> Key:
        """Where the visit lives."""
        return Key("visit", digest("visit", self.client_id, self.day))

    def joined_with(self, other: Self) -> Self:
        """What two beacons of one visit, or any number of them in any order, amount to."""
        earliest = min(self, other, key=lambda visit: (visit.at, visit.event_id))
        first: dict[str, datetime] = {}
        for one in (*self.named, *other.named):
            first[one.user_id] = min(one.at, first.get(one.user_id, one.at))
        in_order = sorted(first, key=lambda user_id: (first[user_id], user_id))[:MOST_NAMES]
        named = tuple(Named(user_id=user_id, at=first[user_id]) for user_id in in_order)
        return earliest.model_copy(update={"named": named})

    def write(self, version: str | None) -> Write:
        """Create the document, or update the version that was read."""
        return Create(self.key, self.fields()) if version is None else Update(self.key, self.fields(), version)

    def fields(self) -> JsonObject:
        """The document."""
        kept: JsonObject = self.model_dump(mode="json")
        said = self.ids.model_dump()
        weak_ids = {f"{name}:{said[name]}" for name in _WEAK_IDS if said[name]}
        return {
            **kept,
            "at": timestamps.to_text(self.at),
            "day": self.day,
            "named": [{"user_id": one.user_id, "at": timestamps.to_text(one.at)} for one in self.named],
            "weak_ids": json_list(sorted(weak_ids | {f"user_id:{one.user_id}" for one in self.named})),
            "expires_at": timestamps.to_text(self.at + RETENTION),
        }
