"""Where leads may come from, by policy: the dictionary of sources and the rules that find one."""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from leadloop.policy.section import Section


class Sources(Section):
    """The dictionary of sources, and what is done when the CRM says otherwise."""
