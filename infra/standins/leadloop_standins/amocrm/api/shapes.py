"""How the API shows leads, contacts and the account's dictionaries."""

from typing import Any

from ..crm.account import Account
from ..crm.entities import Contact, Entity, Lead, LossReason
from ..crm.fields import CustomField
from ..crm.pipelines import Pipeline, Status
from ..crm.shared_edits import entity_type_of
from .field_values import shown_field_values
from .listing import self_link

Shape = dict[str, Any]


def lead_shape(account: Account, lead: Lead, extras: set[str]) -> Shape:
    """A lead; contacts, the reason of loss and the robot's mark only when `with` asks for them."""
    shape: Shape = {
        "id": lead.id,
        "name": lead.name,
        "price": lead.price,
        "responsible_user_id": lead.responsible_user_id,
        "group_id": 0,
        "status_id": lead.status_id,
        "pipeline_id": lead.pipeline_id,
        "loss_reason_id": lead.loss_reason_id,
        "source_id": None,
        **_dates(lead),
        "closed_at": lead.closed_at,
        "closest_task_at": None,
        "is_deleted": lead.is_deleted,
        "custom_fields_values": shown_field_values(account.fields["leads"], lead),
        "score": None,
        "account_id": account.profile.id,
        "labor_cost": None,
    }
    if "is_price_modified_by_robot" in extras:
        shape["is_price_modified_by_robot"] = False
    inner: Shape = {"tags": _tags(account, lead), "companies": _company(lead)}
    if "contacts" in extras:
        inner["contacts"] = [_linked("contacts", one, is_main=place == 0) for place, one in enumerate(lead.contact_ids)]
    if "loss_reason" in extras:
        reason = account.loss_reasons.get(lead.loss_reason_id or 0)
        inner["loss_reason"] = [loss_reason_shape(reason)] if reason else []
    if "catalog_elements" in extras:
        inner["catalog_elements"] = []
    return {**shape, "_links": self_link(f"leads/{lead.id}"), "_embedded": inner}


def deleted_lead_shape(lead: Lead) -> Shape:
    """The little that is shown of a lead in the bin."""
    stamp = {"updated_at": lead.updated_at, "updated_by": lead.updated_by}
    return {"id": lead.id, **stamp, "is_deleted": True, "_links": self_link(f"leads/{lead.id}")}


def contact_shape(account: Account, contact: Contact, extras: set[str]) -> Shape:
    """A contact or company; its leads only when `with` asks for them."""
    kind = entity_type_of(contact)
    names = {"first_name": contact.first_name, "last_name": contact.last_name} if kind == "contacts" else {}
    shape: Shape = {
        "id": contact.id,
        "name": contact.name,
        **names,
        "responsible_user_id": contact.responsible_user_id,
        "group_id": 0,
        **_dates(contact),
        "closest_task_at": None,
        "is_deleted": contact.is_deleted,
        "is_unsorted": contact.is_unsorted,
        "custom_fields_values": shown_field_values(account.fields[kind], contact),
        "account_id": account.profile.id,
    }
    inner: Shape = {"tags": _tags(account, contact), "companies": _company(contact)}
    if "leads" in extras:
        inner["leads"] = [_linked("leads", lead.id) for lead in account.leads_of(contact)]
    return {**shape, "_links": self_link(f"{kind}/{contact.id}"), "_embedded": inner}


def pipeline_shape(account: Account, pipeline: Pipeline) -> Shape:
    """A pipeline with its stages."""
    statuses = sorted(pipeline.statuses.values(), key=lambda status: status.sort)
    return {
        "id": pipeline.id,
        "name": pipeline.name,
        "sort": pipeline.sort,
        "is_main": pipeline.is_main,
        "is_unsorted_on": pipeline.unsorted is not None,
        "is_archive": pipeline.is_archive,
        "account_id": account.profile.id,
        "_links": self_link(f"leads/pipelines/{pipeline.id}"),
        "_embedded": {"statuses": [status_shape(account, pipeline, status) for status in statuses]},
    }


def status_shape(account: Account, pipeline: Pipeline, status: Status) -> Shape:
    """A stage; type 1 marks "unsorted"."""
    return {
        "id": status.id,
        "name": status.name,
        "sort": status.sort,
        "is_editable": status.is_editable,
        "pipeline_id": pipeline.id,
        "color": status.color,
        "type": int(status.is_unsorted),
        "account_id": account.profile.id,
        "_links": self_link(f"leads/pipelines/{pipeline.id}/statuses/{status.id}"),
    }


def loss_reason_shape(reason: LossReason) -> Shape:
    """A reason of loss."""
    dates = {"created_at": reason.created_at, "updated_at": reason.created_at}
    links = self_link(f"leads/loss_reasons/{reason.id}")
    return {"id": reason.id, "name": reason.name, "sort": reason.sort, **dates, "_links": links}


def field_shape(account: Account, entity_type: str, one: CustomField) -> Shape:
    """A custom field's definition."""
    enums = [{"id": e.id, "value": e.value, "sort": e.sort, "code": e.code} for e in one.enums]
    shape = {
        "id": one.id,
        "name": one.name,
        "type": one.type,
        "account_id": account.profile.id,
        "code": one.code,
        "sort": one.sort,
        "is_api_only": one.is_api_only,
        "enums": enums or None,
        "group_id": "statistic" if one.type == "tracking_data" else None,
        "required_statuses": None,
        "is_deletable": not one.is_predefined,
        "is_predefined": one.is_predefined,
        "entity_type": entity_type,
        "remind": None,
    }
    return {**shape, "_links": self_link(f"{entity_type}/custom_fields/{one.id}")}


def _dates(entity: Entity) -> Shape:
    return {
        "created_by": entity.created_by,
        "updated_by": entity.updated_by,
        "created_at": entity.created_at,
        "updated_at": entity.updated_at,
    }


def _tags(account: Account, entity: Entity) -> list[Shape]:
    kind = entity_type_of(entity)
    return [{"id": one, "name": account.tags[kind][one].name, "color": None} for one in entity.tag_ids]


def _company(entity: Lead | Contact) -> list[Shape]:
    return [_linked("companies", entity.company_id)] if entity.company_id else []


def _linked(kind: str, entity_id: int, **marks: bool) -> Shape:
    return {"id": entity_id, **marks, "_links": self_link(f"{kind}/{entity_id}")}
