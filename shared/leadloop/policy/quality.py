"""What a good lead is, and why one is not: qualification and disqualification."""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from pydantic import Field

from leadloop.policy.section import Section
from leadloop.policy.value_types import CrmName, Duration, Stage, YesOrNo

REQUIRED_OF: Mapping[str, tuple[str, ...]] = {"warm": ("location", "budget"), "cold": ()}
"""What each ready profile wants filled in: a warm client says where and for how much, a cold one answers and talks."""

QUALIFIED, LOST = "qualified", "lost"
"""The stages that are meant when the policy names none."""

MOST_REASONS = 12
"""With more to choose from, people choose at random."""


class Qualification(Section):
    """What a lead must show to count as qualified."""

    profile: Literal["warm", "cold", "own"] | None = None
    """``warm``: location and budget are known; ``cold``: the client answers and talks, the stage is enough; ``own``:
    what ``required`` lists. Without a profile nobody is qualified."""
    stage: Stage = QUALIFIED
    """The stage of ``crm.pipelines`` that means qualified."""
    later: tuple[Stage, ...] = ()
    """Stages that nobody can be in who is not qualified: a deal that skips ``stage`` and reaches one has passed it."""
    required: tuple[Stage, ...] = ()
    """Profile ``own``: names of ``fields`` that must be filled in."""
    fields: dict[Stage, CrmName] = Field(default_factory=dict)
    """Name → the CRM's custom field; only whether it is filled is read, never what it holds."""
    deadline: Duration = timedelta(days=1)
    """How soon after a lead came sales must have decided about it."""

    @property
    def needed(self) -> tuple[str, ...]:
        """Names of the fields that must be filled in, whichever profile asks for them."""
        return REQUIRED_OF.get(self.profile or "", self.required)

    @property
    def stages(self) -> tuple[str, ...]:
        """Every stage that means qualified."""
        return (self.stage, *self.later)


class Reason(Section):
    """One reason not to work on a lead. Its name in ``reasons`` is what goals and reports call it."""

    title: str | None = None
    """What people read; by default the name."""
    loss_reasons: tuple[CrmName, ...] = ()
    """The CRM's loss reasons that mean this one; each belongs to one reason at most."""
    counts_against_channel: YesOrNo = True
    """Whether such a lead speaks against the channel that brought it."""
    warm_up: YesOrNo = False
    """Whether the lead has potential and marketing goes on with it."""
    suppress: YesOrNo = False
    """Whether such people are to be kept from being shown advertisements: goals ``on: disqualified`` that name no
    reasons of their own are told of them, and of nobody else."""
    fraud: YesOrNo = False
    """Whether it was no human at all; the fraud gate believes it."""


class Disqualification(Section):
    """The closed list of reasons for which a lead is not worth working on."""

    stages: tuple[Stage, ...] = (LOST,)
    """Stages of ``crm.pipelines`` that mean the lead is lost."""
    reasons: dict[Stage, Reason] = Field(default_factory=dict)
    """Name → reason, at most 12."""

    def reason_of(self, loss_reason: str) -> str | None:
        """The name of the reason that a loss reason of the CRM means; ``None`` when it means none."""
        return next((name for name, reason in self.reasons.items() if loss_reason in reason.loss_reasons), None)

    @property
    def suppressing(self) -> tuple[str, ...]:
        """The reasons whose leads advertisements are to avoid."""
        return tuple(name for name, reason in self.reasons.items() if reason.suppress)
