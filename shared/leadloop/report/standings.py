"""What sales made of leads, summed up: by source, by manager, or of any other heap of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from leadloop.leads.lead import Lead
from leadloop.leads.quality import UNMAPPED, Standing
from leadloop.leads.state import LeadState
from leadloop.policy import Policy


@dataclass(slots=True)
class Standings:
    """Leads by their standing. The counts and ``anothers`` add up to all that were added."""

    counts: Counter[Standing] = field(default_factory=Counter)
    anothers: int = 0
    """Leads that nobody decides about: undecided duplicates, and those on a deal that another lead owns."""
    overdue: int = 0
    """Of the pending, those whose decision was due."""
    ever_qualified: int = 0
    """Those qualified at some time, whatever they are now."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Why the disqualified are, by the policy's names; ``unmapped`` and ``missing`` too."""
    unmapped: Counter[str] = field(default_factory=Counter)
    """Loss reasons of the CRM that the policy does not map, by their ids."""
    against_channel: int = 0
    """Of the disqualified, those whose reason counts against the channel."""
    warm_up: int = 0
    """Of the disqualified, those that marketing warms up."""
    times: list[timedelta] = field(default_factory=list)
    """From each lead to its qualification."""

    @property
    def median_time(self) -> timedelta | None:
        """The median time to qualify; ``None`` when nobody was qualified."""
        return timedelta(seconds=median(time.total_seconds() for time in self.times)) if self.times else None

    def add(self, policy: Policy, lead: Lead, state: LeadState, now: datetime) -> None:
        """Count one lead in."""
        quality = state.quality
        if is_anothers(lead, state):
            self.anothers += 1
            return
        self.counts[quality.standing] += 1
        self.overdue += quality.is_overdue(now)
        time = quality.time_to_qualify(state.occurred_at)
        if time is not None:
            self.ever_qualified += 1
            self.times.append(time)
        if quality.standing is Standing.DISQUALIFIED:
            self._add_reason(policy, quality.reason, quality.loss_reason)

    def _add_reason(self, policy: Policy, name: str, loss_reason: str | None) -> None:
        self.reasons[name] += 1
        if name == UNMAPPED and loss_reason is not None:
            self.unmapped[loss_reason] += 1
        reason = policy.disqualification.reasons.get(name)
        if reason is not None:
            self.against_channel += reason.counts_against_channel
            self.warm_up += reason.warm_up


def is_anothers(lead: Lead, state: LeadState) -> bool:
    """Whether deciding about another lead decides about this one."""
    if state.crm_ref is not None and not lead.ownership.get(state.crm_ref, True):
        return True
    is_duplicate = lead.repeat_of is not None or state.circumstances.repeats is not None
    return is_duplicate and state.quality.standing is Standing.PENDING
