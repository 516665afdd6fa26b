"""How every event ended. Nothing is dropped silently: outcomes add up to the intake.

An outcome document has the event's id, so an event handled twice is counted once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from leadloop import timestamps
from leadloop.ports.store import Create, Key
from leadloop.verdict import Verdict

RETENTION = timedelta(days=90)


class Outcome(StrEnum):
    """The only ways an event may end."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    HELD = "held"
    EXPIRED = "expired"
    QUARANTINED = "quarantined"


EventKind = Literal["submission", "hint", "verdict"]


def outcome_key(event_id: str) -> Key:
    """Where the outcome of an event lives."""
    return Key("outcome", event_id)


def outcome(
    event_id: str, kind: EventKind, ended: Outcome, verdict: Verdict, at: datetime, about: str | None = None
) -> Create:
    """The write that records how an event ended; ``about`` is the lead or entity it ended on."""
    return Create(
        outcome_key(event_id),
        {
            "kind": kind,
            "outcome": ended.value,
            "rule": verdict.rule,
            "reason": verdict.reason,
            "about": about,
            "at": timestamps.to_text(at),
            "expires_at": timestamps.to_text(at + RETENTION),
        },
    )
