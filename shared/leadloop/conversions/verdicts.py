"""What the verdicts about a lead mean for its conversions: whether anything keeps them back."""

from __future__ import annotations

from datetime import datetime

from leadloop import timestamps
from leadloop.leads.fraud import Gate
from leadloop.leads.state import LeadState
from leadloop.policy import Goal
from leadloop.verdict import Verdict

PASSES = Verdict(True, "verdicts.none", "no verdict keeps it back")


def judge_verdicts(state: LeadState, goal: Goal, now: datetime) -> Verdict:
    """Whether the fraud gate lets a goal of the lead pass, and its person is new to the business.

    A goal that suppresses is told of just the leads that others are kept back for, so it always passes.
    """
    if goal.on.suppresses:
        return PASSES
    fraud = state.fraud.as_of(now)
    said = fraud.verdict
    if fraud.gate is Gate.FRAUD:
        return Verdict(False, "held.fraud", f"the lead is fraud ({said.rule}): {said.reason}")
    if fraud.gate is Gate.HELD:
        by_itself = f", or else {timestamps.to_text(fraud.until)}" if fraud.until is not None else ""
        reason = f"held by the fraud gate until a person decides{by_itself}: {said.reason}"
        return Verdict(False, "held.fraud_suspected", reason)
    client_since = state.circumstances.client_since
    if client_since is not None:
        since = timestamps.to_text(client_since)
        return Verdict(False, "held.current_client", f"its person had been a client since {since} when the lead came")
    return PASSES
