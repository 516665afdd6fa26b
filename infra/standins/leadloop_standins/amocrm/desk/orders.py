"""What orders and seed rows name, as the account knows it."""

from collections.abc import Mapping
from typing import Any

from ...faults import InstructionRefused
from ...orders import Order, checked, unix
from ..api.field_values import read_field_values
from ..crm.account import Account, EntityType
from ..crm.entities import Contact, FieldValues, Lead

__all__ = ["Order", "Plain", "checked", "contact_named", "field_values", "lead_named", "party_fields", "unix"]

Plain = str | int | float | bool | list[str] | None
"""A field's value as a person would type it; null empties the field."""


def field_values(account: Account, entity_type: EntityType, plain: Mapping[str, Plain]) -> FieldValues:
    """Values by code or by id written as text; InstructionRefused for a field or a choice the account does not have."""
    rows: list[dict[str, Any]] = []
    for name, value in plain.items():
        custom_field = account.fields[entity_type].by_code(name)
        custom_field = custom_field or account.fields[entity_type].by_id(int(name) if name.isdecimal() else 0)
        if custom_field is None:
            raise InstructionRefused(f"{entity_type} have no field {name!r}; name it by code or id.")
        values = value if isinstance(value, list) else [value]
        rows.append({"field_id": custom_field.id, "values": [{"value": one} for one in values if one is not None]})
    read, problems = read_field_values(account.fields[entity_type], rows)
    if problems:
        raise InstructionRefused("; ".join(f"{one.path}: {one.detail}" for one in problems))
    return read


def party_fields(account: Account, phone: str | None, email: str | None) -> FieldValues:
    """Phone and e-mail of a contact, as fields; an absent one is left out."""
    given = {code: value for code, value in (("PHONE", phone), ("EMAIL", email)) if value}
    return field_values(account, "contacts", dict(given))


def lead_named(account: Account, lead_id: int) -> Lead:
    """A lead that exists, deleted or not; InstructionRefused for others."""
    lead = account.leads.get(lead_id)
    if lead is None:
        raise InstructionRefused(f"There is no lead {lead_id}. Known: {_some(account.leads)}.")
    return lead


def contact_named(account: Account, contact_id: int) -> Contact:
    """A contact that exists; InstructionRefused for others."""
    contact = account.contacts.get(contact_id)
    if contact is None:
        raise InstructionRefused(f"There is no contact {contact_id}. Known: {_some(account.contacts)}.")
    return contact


def _some(known: Mapping[int, object]) -> str:
    return ", ".join(str(one) for one in list(known)[-10:]) or "none"
