"""What of a lead is written into the CRM, by the policy's names of fields. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from leadloop.digests import digest
from leadloop.facts import Fact, FactKind
from leadloop.json_types import Json
from leadloop.leads.lead import Lead
from leadloop.leads.state import LeadState

_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")


def fields_of(lead: Lead, state: LeadState) -> dict[str, str]:
    """Our id, the ad ids, and the source signs of the first submission; empty values are left out.

    A borrowed ClientID is not among them: read back from the deal it would pass for the lead's own.
    """
    own = {name: id_ for name, id_ in state.ids.items() if name != "client_id" or state.lent is None}
    submission = {"submission_id": state.submission_id} if state.submission_id else {}
    return {"leadloop_id": lead.id, **said_at_first(lead.facts), **own, **submission}


def said_at_first(facts: Iterable[Fact]) -> dict[str, str]:
    """The ad ids and source signs that the site sent first; nothing of a lead born in the CRM."""
    first = next((fact.values for fact in facts if fact.kind is FactKind.SUBMITTED), {})
    utm, ids = first.get("utm"), first.get("ids")
    tags = {name: str(utm[name]) for name in _UTM if utm.get(name)} if isinstance(utm, dict) else {}
    sent = {name: text for name, text in ids.items() if isinstance(text, str)} if isinstance(ids, dict) else {}
    address = _address(first.get("referrer"))
    return {**sent, **tags, **({"referrer": address} if address else {})}


def digest_of(fields: dict[str, str]) -> str:
    """Tells whether the CRM was given these fields already."""
    told: dict[str, Json] = dict(sorted(fields.items()))
    return digest("crm-fields", told)


def _address(page: Json) -> str:
    """Host and path; parameters stay out."""
    if not isinstance(page, dict) or not page.get("host"):
        return ""
    return f"{page['host']}{page.get('path') or ''}"
