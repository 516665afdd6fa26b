"""Leads that arrive with their contact and company in one request: /leads/complex and /leads/unsorted/forms."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .account import Account, Change
from .contact_edits import add_contact
from .duplicates import contact_with_phone, find_duplicate
from .entities import Contact, Lead, Stamp
from .lead_edits import add_lead
from .links import link_company, link_contact
from .merging import fill_gaps_from
from .patches import ContactPatch, LeadPatch
from .pipelines import Stage
from .shared_edits import fill_field, retag
from .unsorted import UnsortedRequest

Party = ContactPatch | int
"""A contact to create, or the id of one that exists."""


@dataclass(frozen=True)
class Arrival:
    """One lead of a request. With `metadata` it waits in "unsorted"."""

    request_id: str
    lead: LeadPatch
    contact: Party | None = None
    company: Party | None = None
    metadata: Mapping[str, Any] | None = None
    category: Literal["forms", "sip"] = "forms"
    source_name: str = ""
    source_uid: str = ""


@dataclass
class Admission:
    """What became of an arrival; several that fell on one existing lead share one."""

    lead_id: int
    contact_id: int | None
    company_id: int | None
    merged: bool
    request_ids: list[str] = field(default_factory=list)
    uid: str | None = None


def admit(account: Account, arrivals: Sequence[Arrival], at: int) -> list[Admission]:
    """Adds the leads, an admission for each. Duplicate control looks only among leads that were there before."""
    stamp = Stamp(at, account.profile.integration_user_id)
    found = [_duplicate_of(account, one) for one in arrivals]
    admissions: list[Admission] = []
    for arrival, duplicate in zip(arrivals, found, strict=True):
        earlier = next((a for a in admissions if duplicate and a.merged and a.lead_id == duplicate.id), None)
        admission = _merge(account, duplicate, arrival, stamp) if duplicate else _add(account, arrival, stamp)
        admissions.append(earlier or admission)
        admissions[-1].request_ids.append(arrival.request_id)
    return admissions


def _duplicate_of(account: Account, arrival: Arrival) -> Lead | None:
    if not account.switches.on("duplicate_control") or arrival.metadata is not None or arrival.contact is None:
        return None
    fields = account.contacts[arrival.contact].fields if isinstance(arrival.contact, int) else arrival.contact.fields
    pipeline_id = arrival.lead.stage.pipeline_id if arrival.lead.stage else account.main_pipeline.id
    return find_duplicate(account, pipeline_id, fields)


def _add(account: Account, arrival: Arrival, stamp: Stamp) -> Admission:
    waiting = arrival.metadata is not None
    contact = _party(account, arrival.contact, "contact", stamp, waiting=waiting)
    company = _party(account, arrival.company, "company", stamp, waiting=waiting)
    if contact and company and contact.company_id is None:
        contact.company_id = company.id
    if waiting:
        return _wait(account, arrival, contact, company, stamp)
    contact_id, company_id = _ids(contact, company)
    linked = replace(arrival.lead, contact_ids=[contact_id] if contact_id else [], company_id=company_id)
    return Admission(add_lead(account, linked, stamp).id, contact_id, company_id, merged=False)


def _merge(account: Account, lead: Lead, arrival: Arrival, stamp: Stamp) -> Admission:
    if account.switches.text("duplicate_fields_win") == "incoming":
        for field_id, values in arrival.lead.fields.items():
            fill_field(account, lead, field_id, values, stamp)
    else:
        fill_gaps_from(account, lead, arrival.lead.fields, stamp)
    retag(account, lead, replace(arrival.lead.tags, replace=None, add=_all_tags(arrival.lead)), stamp)
    fields = arrival.contact.fields if isinstance(arrival.contact, ContactPatch) else {}
    contact = contact_with_phone(account, lead, fields) or _party(account, arrival.contact, "contact", stamp)
    company = _party(account, arrival.company, "company", stamp)
    if contact:
        link_contact(account, lead, contact, stamp)
    if company:
        link_company(account, lead, company, stamp)
    lead.touch(stamp)
    account.changes.append(Change("leads", "update", lead.id))
    return Admission(lead.id, *_ids(contact, company), merged=True)


def _wait(
    account: Account, arrival: Arrival, contact: Contact | None, company: Contact | None, stamp: Stamp
) -> Admission:
    """A lead in the stage "unsorted", told of by `unsorted[add]` alone."""
    pipeline_id = arrival.lead.stage.pipeline_id if arrival.lead.stage else account.main_pipeline.id
    pipeline = account.pipelines[pipeline_id]
    stage = Stage(pipeline_id, (pipeline.unsorted or pipeline.first_status).id)
    told = len(account.changes)
    lead = add_lead(account, replace(arrival.lead, stage=stage), stamp)
    del account.changes[told:]
    lead.contact_ids = [contact.id] if contact else []
    lead.company_id = company.id if company else None
    uid = hashlib.sha256(f"unsorted {lead.id}".encode()).hexdigest()[:60]
    contact_id, company_id = _ids(contact, company)
    account.unsorted[uid] = UnsortedRequest(
        uid,
        arrival.category,
        pipeline_id,
        lead.id,
        contact_id,
        dict(arrival.metadata or {}),
        stamp.at,
        arrival.source_name,
        arrival.source_uid,
    )
    account.changes.append(Change("unsorted", "add", uid))
    return Admission(lead.id, contact_id, company_id, merged=False, uid=uid)


def _party(
    account: Account,
    party: Party | None,
    kind: Literal["contact", "company"],
    stamp: Stamp,
    *,
    waiting: bool = False,
) -> Contact | None:
    if isinstance(party, ContactPatch):
        return add_contact(account, party, stamp, kind=kind, is_unsorted=waiting)
    return None if party is None else account.contacts[party]


def _all_tags(patch: LeadPatch) -> list[str]:
    return [*(patch.tags.replace or ()), *patch.tags.add]


def _ids(contact: Contact | None, company: Contact | None) -> tuple[int | None, int | None]:
    return (contact.id if contact else None, company.id if company else None)
