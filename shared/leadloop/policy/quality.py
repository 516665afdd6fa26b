"""What a good lead is, and why one is not: qualification and disqualification."""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from pydantic import Field

from leadloop.policy.section import Section
from leadloop.policy.value_types import CrmField, Stage


class Qualification(Section):
    """What a lead must show to count as qualified."""

    fields: dict[Stage, CrmField] = Field(default_factory=dict)
    """Name → the CRM's custom field; only whether it is filled is read, never what it holds."""


class Disqualification(Section):
    """The closed list of reasons for which a lead is not worth working on."""
