"""Chapters of a policy told in plain words: what a good lead is, and why one is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from leadloop.policy.durations import write_duration
from leadloop.policy.models import Policy
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
        yield f"  {_reason(name, reason)}"
    if rules.reasons:
        yield "a lead lost for any other reason counts as unmapped, and without a reason as missing"


def _reason(name: str, reason: Reason) -> str:
    title = f" ({reason.title})" if reason.title else ""
    chosen = f"the CRM's {', '.join(reason.loss_reasons)}" if reason.loss_reasons else "nothing in the CRM"
    channel = "speaks against the channel" if reason.counts_against_channel else "does not speak against the channel"
    means = {
        "marketing warms it up": reason.warm_up,
        "kept from advertisements": reason.suppress,
        "fraud": reason.fraud,
    }
    return "; ".join([f"{name}{title}: {chosen}", channel, *(text for text, applies in means.items() if applies)])
