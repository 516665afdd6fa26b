"""Duplicate control of /leads/complex by phone.

Source: https://www.amocrm.ru/developers/content/crm_platform/duplication-control: per pipeline, among the open
stages, phones in international form; more than three duplicates found means no merge.
"""

import re

from .account import Account
from .entities import Contact, FieldValue, FieldValues, Lead
from .pipelines import CLOSED

_MOST_DUPLICATES = 3


def find_duplicate(account: Account, pipeline_id: int, contact_fields: FieldValues) -> Lead | None:
    """The oldest open lead of the pipeline whose contact has one of these phones; None for none or too many."""
    phones = phones_of(account, contact_fields)
    found = [
        lead
        for lead in account.leads.values()
        if lead.is_alive and lead.pipeline_id == pipeline_id and lead.status_id not in CLOSED
        if any(phones & phones_of(account, account.contacts[one].fields) for one in lead.contact_ids)
    ]
    return min(found, key=lambda lead: lead.id) if 0 < len(found) <= _MOST_DUPLICATES else None


def contact_with_phone(account: Account, lead: Lead, contact_fields: FieldValues) -> Contact | None:
    """The contact of the lead that made it a duplicate."""
    phones = phones_of(account, contact_fields)
    linked = (account.contacts[contact_id] for contact_id in lead.contact_ids)
    return next((contact for contact in linked if phones & phones_of(account, contact.fields)), None)


def phones_of(account: Account, fields: FieldValues) -> set[str]:
    """Phones in international form, without the plus."""
    phone_field = account.fields["contacts"].by_code("PHONE")
    values: tuple[FieldValue, ...] = fields.get(phone_field.id, ()) if phone_field else ()
    return {number for one in values if (number := international_phone(str(one.value)))}


def international_phone(text: str) -> str:
    """Digits with the Russian country code where it was left out or written as 8."""
    digits = re.sub(r"\D", "", text)
    if len(digits) == 11 and digits.startswith("8"):
        return "7" + digits[1:]
    return "7" + digits if len(digits) == 10 else digits
