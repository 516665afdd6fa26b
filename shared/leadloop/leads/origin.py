"""Where a lead came from, by the policy's dictionary and rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadloop.policy import Policy
from leadloop.sources.resolution import NONE, Source, resolve

if TYPE_CHECKING:
    from leadloop.leads.state import LeadState

_BORN_IN_CRM = Source(NONE, "none.born_in_crm")


def judge(policy: Policy, state: LeadState) -> Source:  # noqa: ARG001 - the dictionary is not asked yet
    """The source of a lead; never empty."""
    return resolve(state.source_signs) if state.born_in == "site" else _BORN_IN_CRM
