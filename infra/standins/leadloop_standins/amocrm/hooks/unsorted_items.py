"""Items of `unsorted` and `note` hooks.

Source: https://www.amocrm.ru/developers/content/crm_platform/webhooks-format; note items follow recorded bodies.
"""

from typing import Any

from ..crm.account import Account
from ..crm.entities import Contact
from ..crm.unsorted import UnsortedRequest

Item = dict[str, Any]

_ELEMENT_TYPES = {"contacts": 1, "leads": 2}


def unsorted_item(account: Account, request: UnsortedRequest) -> Item:
    """A waiting request in full; one that was accepted or declined as its result alone."""
    return _waiting(account, request) if request.outcome == "waiting" else _settled(request)


def note_item(account: Account, note_id: int) -> Item:
    """A note under its own key inside the item."""
    note = account.notes[note_id]
    return {
        "note": {
            "created_by": note.created_by,
            "id": note.id,
            "element_id": note.entity_id,
            "element_type": _ELEMENT_TYPES[note.entity_type],
            "note_type": note.note_type,
            "text": note.params.get("text"),
            "created_at": note.created_at,
            "account_id": account.profile.id,
        }
    }


def _waiting(account: Account, request: UnsortedRequest) -> Item:
    contact = account.contacts.get(request.contact_id or 0)
    visitor = request.metadata.get("visitor_uid")
    return {
        "uid": request.uid,
        "category": request.category,
        "account_id": account.profile.id,
        "user_id": next(iter(account.users), 0),
        "source": request.source_name or request.metadata.get("form_name"),
        "pipeline_id": request.pipeline_id,
        "source_data": _source_data(account, request, contact),
        "data": {
            "leads": [
                {
                    "date_create": request.created_at,
                    "visitor_uid": visitor,
                    "created_user_id": 0,
                    # Unlike everywhere else, tags are one string here.
                    "tags": ", ".join(_tag_names(account, request)) or None,
                }
            ],
            "contacts": [_contact(contact)] if contact else [],
        },
    }


def _source_data(account: Account, request: UnsortedRequest, contact: Contact | None) -> Item:
    metadata = request.metadata
    answers = _form_answers(account, contact) if contact else {}
    return {
        **answers,
        "form_id": metadata.get("form_id"),
        "form_type": 1,
        "date": metadata.get("form_sent_at", request.created_at),
        "origin": {
            "ip": metadata.get("ip"),
            "referer": metadata.get("referer"),
            "visitor_uid": metadata.get("visitor_uid"),
        },
    }


def _form_answers(account: Account, contact: Contact) -> Item:
    answers: Item = {"name_1": _answer("name_1", "text", "ФИО", contact.name)}
    for field_id, values in contact.fields.items():
        custom_field = account.fields["contacts"].by_id(field_id)
        if custom_field is not None:
            key = f"{field_id}_1"
            answers[key] = _answer(key, custom_field.type, custom_field.name, values[0].value)
    return answers


def _answer(key: str, kind: str, name: str, value: object) -> Item:
    return {"type": kind, "id": key, "element_type": 1, "name": name, "value": value}


def _contact(contact: Contact) -> Item:
    filled = [
        {"id": field_id, "values": [{"enum": one.enum_id, "value": one.value} for one in values]}
        for field_id, values in contact.fields.items()
    ]
    return {"name": contact.name, "custom_fields": filled}


def _settled(request: UnsortedRequest) -> Item:
    frame = {"action": request.outcome, "uid": request.uid, "category": request.category}
    if request.outcome == "decline":
        return {**frame, "created_at": request.created_at, "decline_result": {"leads": [request.lead_id]}}
    result = {
        "leads": [request.accepted_lead_id or request.lead_id],
        "contacts": [request.contact_id] if request.contact_id else [],
    }
    return {**frame, "created_at": request.created_at, "accept_result": result}


def _tag_names(account: Account, request: UnsortedRequest) -> list[str]:
    return account.tag_names("leads", account.leads[request.lead_id].tag_ids)
