"""Which signs of a bot weigh how much, and from what sum on a lead is held."""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from leadloop.policy.section import Section


class Fraud(Section):
    """The fraud gate."""
