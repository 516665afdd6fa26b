"""What the stand-in counted, for tests and for people."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from ...clock import format_time
from ...page import Table
from ..api.requests_seen import LeadCreation, RequestsSeen
from ..crm.account import Account
from ..crm.entities import Contact, Entity, Lead
from ..crm.feed import Event
from ..crm.shared_edits import entity_type_of
from ..hooks.deliveries import Deliveries, Delivery
from ..hooks.subscriptions import Webhook

Json = dict[str, Any]


def ledger_of(account: Account, deliveries: Deliveries, seen: RequestsSeen) -> Json:
    """Leads with their history, contacts, what requests created, and every webhook body with its fate."""
    by_value = seen.leads_by_value()
    return {
        "leads": [_lead(account, lead) for lead in account.leads.values()],
        "contacts": [_contact(account, contact) for contact in account.contacts.values()],
        "created_by_request": [_creation(one) for one in seen.creations],
        "leads_by_field_value": by_value,
        "doubled_field_values": {
            code: {value: leads for value, leads in values.items() if len(leads) > 1}
            for code, values in by_value.items()
        },
        "unsorted": [{**vars(one), "created_at": _time(one.created_at)} for one in account.unsorted.values()],
        "webhooks": [_webhook(one) for one in deliveries.subscriptions.by_destination.values()],
        "webhook_counts": dict(Counter(one.state for one in deliveries.all)),
        "webhook_deliveries": [_delivery(one) for one in deliveries.all],
    }


def tables_of(account: Account, deliveries: Deliveries, seen: RequestsSeen) -> list[Table]:
    """The same as a person reads it; destinations are shown without their path, which holds a secret."""
    leads = [_lead_row(account, lead) for lead in reversed(account.leads.values())]
    creations = [
        [_time(one.at), one.method, one.lead_id, "merged" if one.merged else "created", _plain(one.values)]
        for one in reversed(seen.creations)
    ]
    webhooks = [
        [one.id, _without_path(one.destination), ", ".join(one.settings), "off" if one.disabled else "on"]
        for one in deliveries.subscriptions.by_destination.values()
    ]
    posts = [
        [one.id, _time(one.created_at), ", ".join(one.hooks), one.state, ", ".join(str(a.code) for a in one.attempts)]
        for one in reversed(deliveries.all)
    ]
    columns = ("id", "name", "stage", "price", "contacts", "fields", "created", "updated", "state")
    return [
        Table("Leads", columns, leads, "Newest first."),
        Table("Created by requests", ("at", "request", "lead", "how", "watched fields"), creations, "Newest first."),
        Table("Webhooks", ("id", "destination", "settings", "state"), webhooks),
        Table("Webhook bodies", ("№", "at", "tells of", "state", "answers"), posts, "Newest first; 0 is no answer."),
    ]


def _lead(account: Account, lead: Lead) -> Json:
    return {
        "id": lead.id,
        "name": lead.name,
        "price": lead.price,
        "pipeline_id": lead.pipeline_id,
        "status_id": lead.status_id,
        "stage": _stage_name(account, lead),
        "loss_reason_id": lead.loss_reason_id,
        "created_at": _time(lead.created_at),
        "updated_at": _time(lead.updated_at),
        "closed_at": _time(lead.closed_at) if lead.closed_at is not None else None,
        "is_deleted": lead.is_deleted,
        "merged_into": lead.merged_into,
        "contact_ids": lead.contact_ids,
        "company_id": lead.company_id,
        "tags": account.tag_names("leads", lead.tag_ids),
        "fields": _fields(account, lead),
        "history": [_event(event) for event in account.feed.about("lead", lead.id)],
    }


def _contact(account: Account, contact: Contact) -> Json:
    return {
        "id": contact.id,
        "kind": contact.kind,
        "name": contact.name,
        "is_visible": contact.is_visible,
        "lead_ids": [lead.id for lead in account.leads_of(contact)],
        "fields": _fields(account, contact),
    }


def _creation(one: LeadCreation) -> Json:
    return {**vars(one), "at": _time(one.at)}


def _webhook(one: Webhook) -> Json:
    kept = {"id": one.id, "destination": _without_path(one.destination), "settings": one.settings}
    return {**kept, "disabled": one.disabled, "failures": len(one.failures)}


def _delivery(one: Delivery) -> Json:
    return {
        "id": one.id,
        "webhook_id": one.webhook_id,
        "tells_of": list(one.hooks),
        "state": one.state,
        "created_at": _time(one.created_at),
        "due_at": _time(one.due_at) if one.state == "due" else None,
        "attempts": [{"at": _time(attempt.at), "code": attempt.code} for attempt in one.attempts],
        "body": one.body,
    }


def _event(event: Event) -> Json:
    values = {"before": list(event.value_before), "after": list(event.value_after)}
    return {"at": _time(event.created_at), "type": event.type, "by": event.created_by, **values}


def _fields(account: Account, entity: Entity) -> Json:
    catalogue = account.fields[entity_type_of(entity)]
    found = ((catalogue.by_id(field_id), values) for field_id, values in entity.fields.items())
    return {
        one.code or str(one.id): values[0].value if len(values) == 1 else [value.value for value in values]
        for one, values in found
        if one is not None
    }


def _lead_row(account: Account, lead: Lead) -> list[object]:
    state = f"merged into {lead.merged_into}" if lead.merged_into else "deleted" if lead.is_deleted else ""
    contacts = ", ".join(account.contacts[one].name for one in lead.contact_ids)
    times = (_time(lead.created_at), _time(lead.updated_at))
    stage, fields = _stage_name(account, lead), _plain(_fields(account, lead))
    return [lead.id, lead.name, stage, lead.price, contacts, fields, *times, state]


def _stage_name(account: Account, lead: Lead) -> str:
    pipeline = account.pipelines[lead.pipeline_id]
    return f"{pipeline.name} / {pipeline.statuses[lead.status_id].name}"


def _plain(values: Any) -> str:  # noqa: ANN401 - any map of values is shown the same way
    return ", ".join(f"{key}={value}" for key, value in values.items())


def _without_path(destination: str) -> str:
    parts = urlsplit(destination)
    return f"{parts.scheme}://{parts.netloc}/…"


def _time(seconds: int) -> str:
    return format_time(datetime.fromtimestamp(seconds, UTC))
