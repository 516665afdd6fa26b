"""The document of one upload: a file sent, or to be sent, to Metrica under a token.

Rows stay in the leads; each carries the token of the *root* upload and its index there. When a file is refused for the
sake of some row, the root is split into halves that cover index ranges of the root, and halves into halves again: the
tokens are the parent's with ``L`` and ``R`` behind. So no row is ever rewritten, and the state of a row is the state of
the leaf that covers its index.
"""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from leadloop import timestamps
from leadloop.conversions.states import FOLLOWERS, State, StepForbidden
from leadloop.json_types import JsonObject
from leadloop.ports.store import Document, Key

OFFLINE_CONVERSIONS = "offline_conversions"


class StatusSeen(BaseModel):
    """A status Metrica reported, and when we first saw it."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    status: str
    at: str


class Upload(BaseModel):
    """An upload as it rests. Times are texts of ``leadloop.timestamps``."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    token: str
    """Letters and digits; travels in Metrica's ``comment``."""
    root: str
    channel: str = OFFLINE_CONVERSIONS
    counter: str
    identifier_kind: str
    header: str
    """First line of the file."""
    first: int = 0
    end: int = 0
    """It covers the rows ``first <= index < end`` of the root."""
    state: State = State.FILLING
    created_at: str
    until: str
    """Whoever works on it is gone after this instant."""
    deadline: str | None = None
    """The earliest deadline among its rows."""
    digest: str | None = None
    """SHA-256 of the file, fixed when it is ready."""
    attempts: int = 0
    sent_at: str | None = None
    absences: tuple[str, ...] = ()
    """Instants of complete listings, behind the time fence, that lacked the token."""
    vendor_id: str | None = None
    adopted: bool = False
    """Its answer was lost; it was found in Metrica's list."""
    other_vendor_ids: tuple[str, ...] = ()
    """Further uploadings under the same token: the file was taken more than once."""
    accepted_at: str | None = None
    checked_at: str | None = None
    overdue: bool = False
    vendor_status: str | None = None
    status_history: tuple[StatusSeen, ...] = ()
    totals: dict[str, int | None] = {}
    reason: str | None = None
    """Why it is not accepted, in Metrica's error type or our own words."""

    @classmethod
    def of(cls, document: Document) -> Self:
        """Read an upload from its document."""
        return cls.model_validate({**document.fields, "token": document.key.id})

    @property
    def key(self) -> Key:
        """Where the upload lives."""
        return Key("upload", self.token)

    @property
    def count(self) -> int:
        """How many rows it has."""
        return self.end - self.first

    @property
    def middle(self) -> int:
        """The first index of its right half."""
        return (self.first + self.end) // 2

    def half_with(self, index: int) -> str:
        """The token of the half that covers an index."""
        return self.token + ("L" if index < self.middle else "R")

    @property
    def is_half(self) -> bool:
        """Whether it came from splitting another."""
        return self.token != self.root

    def fields(self) -> JsonObject:
        """The document."""
        fields: JsonObject = self.model_dump(mode="json", exclude={"token"})
        return {**fields, "count": self.count}

    def to(self, state: State, **changes: object) -> Self:
        """The same upload one step on. Raises ``StepForbidden``."""
        if state not in FOLLOWERS[self.state]:
            raise StepForbidden(self.token, self.state, state)
        return self.with_changes(state=state, **changes)

    def with_changes(self, **changes: object) -> Self:
        """The same upload with other values."""
        return self.model_copy(update=changes)

    def abandoned(self, now: datetime) -> bool:
        """Whether nobody can be working on it any more."""
        return timestamps.to_text(now) > self.until

    def half(self, side: str, digest: str, at: str) -> Self:
        """The left (``L``) or right (``R``) half, ready to be sent."""
        first, end = (self.first, self.middle) if side == "L" else (self.middle, self.end)
        return self.with_changes(
            token=self.token + side,
            first=first,
            end=end,
            state=State.READY,
            created_at=at,
            digest=digest,
            attempts=0,
            sent_at=None,
            absences=(),
            reason=None,
        )
