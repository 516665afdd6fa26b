"""Is a lead good, not good, or not decided yet: by the policy's qualification and disqualification.

``follow`` is called while a lead is folded, because who was qualified once stays so; ``judge`` at the end. A lead may
be known as both, qualified and later lost: its standing tells the present, ``Quality.qualified`` the past.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from leadloop.policy import GoalEvent, Policy
from leadloop.verdict import Verdict

if TYPE_CHECKING:
    from leadloop.leads.state import LeadState

UNMAPPED, MISSING = "unmapped", "missing"
"""What stands for the reason of a lost lead when the policy does not map the CRM's, and when nobody chose one."""


class Standing(StrEnum):
    """What sales made of a lead."""

    PENDING = "pending"
    QUALIFIED = "qualified"
    QUALIFIED_INCOMPLETE = "qualified_incomplete"
    DISQUALIFIED = "disqualified"


class Decision(NamedTuple):
    """When sales decided, and on which CRM reference."""

    at: datetime
    crm_ref: str


class Course(NamedTuple):
    """How far a deal came."""

    stage: str | None
    """The stage it is in; ``None`` in a status that has none."""
    at: datetime
    """Since when."""
    passed_at: datetime | None = None
    """When it first reached a stage that means qualified."""


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
    loss_reason: str | None = None
    """The CRM's id of the reason it was lost for."""
    due_at: datetime | None = None
    """When a decision was due; ``None`` where none is expected."""
    qualified: Decision | None = None
    """The first time it was qualified with everything filled in, whatever came later."""
    disqualified: Decision | None = None
    """When it was lost, if it is lost now."""
    responsible: str | None = None
    """The CRM's id of the user who works on its deal."""

    @property
    def answer(self) -> str:
        """The standing in a word; ``not judged`` where the policy does not ask for it."""
        return "not judged" if self.verdict.rule == NOT_JUDGED.verdict.rule else self.standing.value

    def is_overdue(self, now: datetime) -> bool:
        """Whether a decision was due before ``now`` and there is none."""
        return self.standing is Standing.PENDING and self.due_at is not None and now > self.due_at

    def time_to_qualify(self, occurred_at: datetime | None) -> timedelta | None:
        """From the lead to its qualification; ``None`` while there is none."""
        return self.qualified.at - occurred_at if self.qualified is not None and occurred_at is not None else None


OPEN = Quality(Standing.PENDING, Verdict(True, "quality.pending", "not decided yet"))
NOT_JUDGED = Quality(Standing.PENDING, Verdict(True, "quality.not_judged", "no qualification.profile asks for it"))
_NOT_LOST = Verdict(True, "quality.pending", "not lost; without a qualification.profile nobody is qualified")


def is_judged(policy: Policy) -> bool:
    """Whether the policy asks for the quality of leads at all."""
    asks = any(goal.on is GoalEvent.DISQUALIFIED for goal in policy.goals.values())
    return asks or policy.qualification.profile is not None or bool(policy.disqualification.reasons)


def enter(policy: Policy, state: LeadState, crm_ref: str, stage: str | None, at: datetime) -> None:
    """A deal of the lead entered a stage, or (``None``) a status without one."""
    before = state.courses.get(crm_ref)
    passed_at = before.passed_at if before is not None else None
    if stage in policy.qualification.stages:
        passed_at = passed_at or at
    stays = before is not None and before.stage == stage
    state.courses[crm_ref] = Course(stage, before.at if before is not None and stays else at, passed_at)


def follow(policy: Policy, state: LeadState, at: datetime) -> None:
    """Note the first moment at which a deal has reached its stage and shows all that is required."""
    if policy.qualification.profile is None or state.qualified is not None:
        return
    passed = next((deal for deal, lacks in _passed(policy, state) if not lacks), None)
    state.qualified = Decision(at, passed) if passed is not None else None


def judge(policy: Policy, state: LeadState) -> Quality:
    """What the facts of a lead make of it under the policy."""
    if not is_judged(policy):
        return NOT_JUDGED
    if state.occurred_at is None:
        return OPEN
    deal = _present_deal(state)
    course = state.courses.get(deal)
    view = state.deals.get(deal)
    profile = policy.qualification.profile
    found = OPEN._replace(
        due_at=state.occurred_at + policy.qualification.deadline if profile else None,
        qualified=state.qualified,
        responsible=view.responsible if view is not None else None,
    )
    if course is not None and course.stage in policy.disqualification.stages:
        return _disqualified(policy, found, Decision(course.at, deal), view.loss_reason if view is not None else None)
    if state.qualified is not None:
        shown = f" and shows {', '.join(policy.qualification.needed)}" if policy.qualification.needed else ""
        verdict = Verdict(True, "quality.qualified", f"its deal reached the stage{shown}")
        return found._replace(standing=Standing.QUALIFIED, verdict=verdict, at=state.qualified.at)
    return _undecided(policy, state, found, deal)


def _undecided(policy: Policy, state: LeadState, found: Quality, deal: str) -> Quality:
    """Neither lost nor ever qualified with everything filled in."""
    passed = min(((len(lacks), one, lacks) for one, lacks in _passed(policy, state)), default=None)
    if passed is not None and policy.qualification.profile is not None:
        _, one, missing = passed
        verdict = Verdict(False, "quality.incomplete", f"the stage was reached without {', '.join(missing)}")
        at = state.courses[one].passed_at
        return found._replace(standing=Standing.QUALIFIED_INCOMPLETE, verdict=verdict, at=at, missing=missing)
    if deal in state.lost:
        gone = Verdict(True, "quality.deal_gone", f"its deal was {state.lost[deal]}; nobody can decide about it")
        return found._replace(verdict=gone, due_at=None)
    return found if policy.qualification.profile is not None else found._replace(verdict=_NOT_LOST)


def _disqualified(policy: Policy, found: Quality, decision: Decision, loss_reason: str | None) -> Quality:
    name = policy.disqualification.reason_of(loss_reason) if loss_reason is not None else None
    if loss_reason is None:
        name, verdict = MISSING, Verdict(False, "quality.reason_missing", "lost, and nobody said why")
    elif name is None:
        told = f"lost for the CRM's reason {loss_reason}, which disqualification.reasons does not map"
        name, verdict = UNMAPPED, Verdict(False, "quality.reason_unmapped", told)
    else:
        verdict = Verdict(False, "quality.disqualified", f"lost for {name!r}")
    standing = Standing.DISQUALIFIED
    found = found._replace(standing=standing, verdict=verdict, reason=name, loss_reason=loss_reason)
    return found._replace(at=decision.at, disqualified=decision)


def _present_deal(state: LeadState) -> str:
    """The deal that is worked on: the last one that is still there, or the last of all."""
    refs = state.crm_refs or [ref for ref, _ in sorted(state.courses.items(), key=lambda one: one[1].at)]
    there = [ref for ref in refs if ref not in state.lost]
    return (there or refs or [""])[-1]


def _passed(policy: Policy, state: LeadState) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Deals that reached a stage of qualified leads and are not lost, each with the required fields it lacks.

    What a deal reached goes on in the one that it was merged into, and there its fields are now.
    """
    for deal, course in state.courses.items():
        heir = _present_deal(state) if deal in state.lost else deal
        now = state.courses.get(heir)
        if course.passed_at is None or (now is not None and now.stage in policy.disqualification.stages):
            continue
        view = state.deals.get(heir)
        filled = view.filled if view is not None else frozenset()
        yield deal, tuple(name for name in policy.qualification.needed if name not in filled)
