"""One item of a webhook body: how a lead, a contact or a deletion looks there.

Source: https://www.amocrm.ru/developers/content/crm_platform/webhooks-format and recorded bodies of 2016 to
2025, which name keys unlike the API does and list them in another order.
"""

from collections.abc import Mapping
from typing import Any

from ..crm.account import Account, Change
from ..crm.entities import Contact, Entity, FieldValue, Lead
from ..crm.fields import DATE_TYPES, CustomField
from ..crm.shared_edits import entity_type_of

Item = dict[str, Any]


def hook_item(account: Account, change: Change) -> Item:
    """The item that tells of a change to a lead or contact, as the record stands now."""
    if change.entity_type == "contacts":
        return _contact_item(account, account.contacts[int(change.entity_id)], change)
    lead = account.leads[int(change.entity_id)]
    if change.action == "delete":
        return {"id": lead.id, "status_id": lead.status_id, "pipeline_id": lead.pipeline_id}
    return _lead_item(account, lead, change)


def _lead_item(account: Account, lead: Lead, change: Change) -> Item:
    return {
        "id": lead.id,
        "name": lead.name,
        "status_id": lead.status_id,
        "old_status_id": change.old_status_id,
        "price": lead.price,
        "responsible_user_id": lead.responsible_user_id,
        "old_responsible_user_id": change.old_responsible_user_id,
        "last_modified": lead.updated_at,
        "modified_user_id": lead.updated_by,
        "created_user_id": lead.created_by,
        "date_create": lead.created_at,
        "pipeline_id": lead.pipeline_id,
        "tags": _tags(account, lead),
        "account_id": account.profile.id,
        "custom_fields": custom_fields(account, lead),
        "created_at": lead.created_at,
        "updated_at": lead.updated_at,
    }


def _contact_item(account: Account, contact: Contact, change: Change) -> Item:
    company = account.contacts.get(contact.company_id or 0)
    item = {
        "id": contact.id,
        "name": contact.name,
        "responsible_user_id": contact.responsible_user_id,
        "old_responsible_user_id": change.old_responsible_user_id,
        "date_create": contact.created_at,
        "last_modified": contact.updated_at,
        "created_user_id": contact.created_by,
        "modified_user_id": contact.updated_by,
        "company_name": company.name if company else None,
        "linked_company_id": contact.company_id,
        "account_id": account.profile.id,
        "custom_fields": custom_fields(account, contact),
        "tags": _tags(account, contact),
        # A map keyed by lead id: all digits, yet no list.
        "linked_leads_id": {str(lead.id): {"ID": lead.id} for lead in account.leads_of(contact)},
        "created_at": contact.created_at,
        "updated_at": contact.updated_at,
        "type": contact.kind,
    }
    return {"id": contact.id, "type": contact.kind} if change.action == "delete" else item


def custom_fields(account: Account, entity: Entity) -> list[Item]:
    """Fields with values, and on leads the tracking fields without any, where the account lists those."""
    scalars = account.switches.text("scalar_values") == "all"
    lists_empty = account.switches.on("empty_tracking_fields")
    listed = []
    for one in account.fields[entity_type_of(entity)].all():
        values = entity.fields.get(one.id, ())
        if values or (lists_empty and one.type == "tracking_data"):
            listed.append(_custom_field(one, [_value(one, value, scalars=scalars) for value in values]))
    return listed


def _custom_field(one: CustomField, values: list[Any]) -> Item:
    # Recorded bodies name the code of tracking fields before their values and other codes after them.
    if one.type == "tracking_data":
        return {"id": one.id, "name": one.name, "code": one.code, "values": values}
    return {"id": one.id, "name": one.name, "values": values, "code": one.code}


def _value(one: CustomField, value: FieldValue, *, scalars: bool) -> object:
    if one.type in DATE_TYPES or (scalars and value.enum_id is None):
        return value.value
    nested: Mapping[str, Any] = {"value": value.value, "enum": value.enum_id}
    return nested


def _tags(account: Account, entity: Entity) -> list[Item]:
    names = account.tag_names(entity_type_of(entity), entity.tag_ids)
    return [{"id": tag_id, "name": name} for tag_id, name in zip(entity.tag_ids, names, strict=True)]
