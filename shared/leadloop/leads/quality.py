"""Is a lead good, not good, or not decided yet: by the policy's qualification and disqualification."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from leadloop.policy import Policy
from leadloop.verdict import Verdict

if TYPE_CHECKING:
    from leadloop.leads.state import LeadState


class Standing(StrEnum):
    """What sales made of a lead."""

    PENDING = "pending"
    QUALIFIED = "qualified"
    QUALIFIED_INCOMPLETE = "qualified_incomplete"
    DISQUALIFIED = "disqualified"


class Quality(NamedTuple):
    """The standing of a lead, with the rule that decided."""

    standing: Standing
    verdict: Verdict
    at: datetime | None = None
    """When it came to stand so."""
    missing: tuple[str, ...] = ()
    """Required fields that are not filled in."""
    reason: str = ""
    """The reason in ``disqualification.reasons``; ``unmapped`` or ``missing`` where there is none."""
    due_at: datetime | None = None
    """When a decision was due."""


OPEN = Quality(Standing.PENDING, Verdict(True, "quality.pending", "not decided yet"))


def judge(policy: Policy, state: LeadState) -> Quality:  # noqa: ARG001 - the rules are not asked yet
    """What the facts of a lead make of it under the policy."""
    return OPEN
