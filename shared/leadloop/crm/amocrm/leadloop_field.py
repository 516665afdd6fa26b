"""The custom field that our own lead id is written to: without it a lost answer cannot be resolved."""

from __future__ import annotations

from leadloop.crm.amocrm.client import AmoCrmClient
from leadloop.crm.amocrm.shapes import id_of
from leadloop.json_types import JsonObject
from leadloop.policy.amocrm import AmoCrmFields
from leadloop.verdict import Verdict


def ensure_leadloop_field(client: AmoCrmClient, fields: AmoCrmFields) -> Verdict:
    """Make sure the account has the field, creating it when it is named by a code. May be repeated."""
    at = fields.leadloop_id
    if id_of_leadloop_field(client, fields) is not None:
        return Verdict(True, "leadloop_field.present", f"the account has the lead field {at}")
    if at.isdecimal():
        reason = f"the account has no lead field with id {at}; correct crm.fields.leadloop_id, or write a code there"
        return Verdict(False, "leadloop_field.unknown_id", reason)
    # read-only for people: a manager's slip of hand would otherwise detach the lead
    field: JsonObject = {"name": at, "type": "text", "code": at, "is_api_only": True}
    client.write("create_field", "POST", "leads/custom_fields", [field], repeatable=False)
    return Verdict(True, "leadloop_field.created", f"the lead field {at} was created")


def id_of_leadloop_field(client: AmoCrmClient, fields: AmoCrmFields) -> str | None:
    """The field's id in this account; ``None`` when there is no such field."""
    at = fields.leadloop_id
    for page in client.pages("list_fields", "leads/custom_fields", (("limit", "250"),), "custom_fields"):
        for field in page:
            if at in (field.get("code"), str(field.get("id"))):
                return id_of(field.get("id"))
    return None
