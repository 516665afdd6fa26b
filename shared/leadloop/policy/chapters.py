"""Chapters of a policy told in plain words: what a good lead is, and why one is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from leadloop.policy.durations import write_duration
from leadloop.policy.models import GoalEvent, Policy
from leadloop.policy.quality import Reason


class Chapter(NamedTuple):
    """One subject and what is understood about it, a sentence a line."""

    title: str
    lines: list[str]


def quality_chapters(policy: Policy) -> Iterator[Chapter]:
    """Qualification and disqualification, each if the policy says anything of it."""
    profile = policy.qualification.profile
    if profile is not None:
        yield Chapter(f"Qualification: profile {profile}", list(_qualification(policy)))
    if profile is not None or policy.disqualification.reasons:
        yield Chapter("Disqualification", list(_disqualification(policy)))


def _qualification(policy: Policy) -> Iterator[str]:
    rules = policy.qualification
    fields = " and ".join(f"{name} (field {rules.fields[name]})" for name in rules.needed)
    if fields:
        yield f"a lead is qualified when its deal reaches {rules.stage!r} and shows {fields}"
        yield "without them it is incomplete until they are filled in; only whether they are is read"
    else:
        yield f"a lead is qualified when its deal reaches {rules.stage!r}; no field is asked for"
    if rules.later:
        yield f"a deal that skipped it and reaches {' or '.join(map(repr, rules.later))} has passed it too"
    yield f"sales decide within {write_duration(rules.deadline)} after a lead came; later the decision is overdue"
    yield "who was qualified once stays so for goals, even if the deal is lost afterwards"


def _disqualification(policy: Policy) -> Iterator[str]:
    rules = policy.disqualification
    yield f"a deal in {' or '.join(map(repr, rules.stages))} is a lost lead; reopened, it is none"
    for name, reason in rules.reasons.items():
        yield f"  {_reason(name, reason, told_of(policy, name))}"
    if rules.reasons:
        yield "a lead lost for any other reason counts as unmapped, and without a reason as missing"


def told_of(policy: Policy, reason: str) -> list[str]:
    """The goals that keep advertisements from those who are lost for a reason: told of it, or of all who are lost."""
    is_fraud = policy.disqualification.reasons[reason].fraud
    return [
        name
        for name, goal in policy.goals.items()
        if (goal.on is GoalEvent.DISQUALIFIED and reason in (policy.reasons_of(name) or (reason,)))
        or (goal.on is GoalEvent.FRAUD and is_fraud)
    ]


def _reason(name: str, reason: Reason, goals: Sequence[str]) -> str:
    title = f" ({reason.title})" if reason.title else ""
    chosen = f"the CRM's {', '.join(reason.loss_reasons)}" if reason.loss_reasons else "nothing in the CRM"
    channel = "speaks against the channel" if reason.counts_against_channel else "does not speak against the channel"
    told = " and ".join(goals)
    means = {
        "marketing warms it up": reason.warm_up,
        f"kept from advertisements by {told}": bool(told),
        "to be kept from advertisements, and no goal tells them": reason.suppress and not told,
        "fraud": reason.fraud,
    }
    return "; ".join([f"{name}{title}: {chosen}", channel, *(text for text, applies in means.items() if applies)])
