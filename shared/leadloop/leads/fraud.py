"""Is a lead a bot's: the sum of weighted signs, outside verdicts, and what people said."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from leadloop.policy import Policy
from leadloop.verdict import Verdict

if TYPE_CHECKING:
    from leadloop.leads.state import LeadState


class Gate(StrEnum):
    """Whether a lead's conversions pass."""

    OPEN = "open"
    HELD = "held"
    RELEASED = "released"
    FRAUD = "fraud"


class OutsideVerdict(NamedTuple):
    """What an antifraud service said of a lead."""

    at: datetime
    provider: str
    verdict: str
    """``fraud``, ``suspicious``, ``clean`` or ``unknown``."""
    reason: str = ""


class FraudVerdict(NamedTuple):
    """Whether a lead passes, its score, and the signs that made it."""

    gate: Gate
    verdict: Verdict
    score: int = 0
    signs: tuple[str, ...] = ()


NOT_JUDGED = FraudVerdict(Gate.OPEN, Verdict(True, "fraud.no_sign", "no sign of a bot"))


def judge(policy: Policy, state: LeadState) -> FraudVerdict:  # noqa: ARG001 - not asked yet
    """Whether a lead passes the gate under the policy."""
    return NOT_JUDGED
