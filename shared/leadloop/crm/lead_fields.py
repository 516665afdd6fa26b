"""What of a lead is written into the CRM, by the policy's names of fields. Pure."""

from __future__ import annotations

from leadloop.digests import digest
from leadloop.facts import FactKind
from leadloop.json_types import Json
from leadloop.leads.lead import Lead
from leadloop.leads.state import LeadState

_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")


def fields_of(lead: Lead, state: LeadState) -> dict[str, str]:
    """Our id, the ad ids, and the source signs of the first submission; empty values are left out."""
    first = next((fact.values for fact in lead.facts if fact.kind is FactKind.SUBMITTED), {})
    utm = first.get("utm")
    tags = {name: str(utm[name]) for name in _UTM if utm.get(name)} if isinstance(utm, dict) else {}
    said = {"submission_id": state.submission_id, "referrer": _address(first.get("referrer"))}
    return {"leadloop_id": lead.id, **state.ids, **tags, **{name: text for name, text in said.items() if text}}


def digest_of(fields: dict[str, str]) -> str:
    """Tells whether the CRM was given these fields already."""
    told: dict[str, Json] = dict(sorted(fields.items()))
    return digest("crm-fields", told)


def _address(page: Json) -> str:
    """Host and path; parameters stay out."""
    if not isinstance(page, dict) or not page.get("host"):
        return ""
    return f"{page['host']}{page.get('path') or ''}"
