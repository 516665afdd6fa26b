"""Whose source the leads of a series count for."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from leadloop.leads.lead import Lead
from leadloop.policy import Policy
from leadloop.sources.resolution import Source


def credited_sources(policy: Policy, leads: Collection[Lead]) -> Mapping[str, Source]:
    """By lead the source that it counts for, where that is the source of another lead of its series."""
    keepers = {lead.circumstances.credit for lead in leads}
    sources = {lead.id: lead.state(policy).source for lead in leads if lead.id in keepers}
    told = ((lead.id, sources.get(lead.circumstances.credit or "")) for lead in leads)
    return {lead_id: source for lead_id, source in told if source is not None}
