"""Standard fields by kind, as `crm.deal.fields` and its siblings list them; multifields are not among them.

Source: https://apidocs.bitrix24.ru/api-reference/crm/deals/crm-deal-fields.html and the pages beside it.
"""

import re
from dataclasses import dataclass

from .kinds import COMPANY, CONTACT, DEAL, LEAD, Kind

REFERENCE_TYPES = frozenset(("crm_lead", "crm_contact", "crm_company", "user", "crm_category"))
MULTIFIELD_TYPES = ("PHONE", "EMAIL")

_UNIVERSAL_NAMES = {
    "DATE_CREATE": "createdTime",
    "DATE_MODIFY": "updatedTime",
    "CREATED_BY_ID": "createdBy",
    "MODIFY_BY_ID": "updatedBy",
    "MOVED_BY_ID": "movedBy",
    "STATUS_ID": "stageId",
    "STATUS_SEMANTIC_ID": "stageSemanticId",
}


@dataclass(frozen=True)
class Field:
    """A field: its classic name, its type in Bitrix24's words, and who may write it."""

    name: str
    type: str
    read_only: bool = False
    title: str = ""
    is_user_field: bool = False

    @property
    def universal_name(self) -> str:
        """As crm.item.* names it; underscores stay between groups of digits only."""
        if name := _UNIVERSAL_NAMES.get(self.name):
            return name
        if re.fullmatch(r"UF_CRM_\d+", self.name):
            return f"ufCrm_{self.name.removeprefix('UF_CRM_')}"
        first, *others = self.name.lower().split("_")
        told = first
        for word in others:
            told += ("_" if told[-1:].isdigit() and word[:1].isdigit() else "") + word.capitalize()
        return told


_SHARED = (
    ("ID", "integer", True),
    ("SOURCE_ID", "crm_status", False),
    ("SOURCE_DESCRIPTION", "string", False),
    ("COMMENTS", "string", False),
    ("OPENED", "char", False),
    ("ASSIGNED_BY_ID", "user", False),
    ("CREATED_BY_ID", "user", True),
    ("MODIFY_BY_ID", "user", True),
    ("DATE_CREATE", "datetime", True),
    ("DATE_MODIFY", "datetime", True),
    ("ORIGINATOR_ID", "string", False),
    ("ORIGIN_ID", "string", False),
    ("UTM_SOURCE", "string", False),
    ("UTM_MEDIUM", "string", False),
    ("UTM_CAMPAIGN", "string", False),
    ("UTM_CONTENT", "string", False),
    ("UTM_TERM", "string", False),
)
_MONEY = (
    ("TITLE", "string", False),
    ("CURRENCY_ID", "crm_currency", False),
    ("OPPORTUNITY", "double", False),
    ("IS_MANUAL_OPPORTUNITY", "char", False),
    ("IS_RETURN_CUSTOMER", "char", False),
    ("COMPANY_ID", "crm_company", False),
    ("CONTACT_ID", "crm_contact", False),
    ("MOVED_BY_ID", "user", True),
    ("MOVED_TIME", "datetime", True),
)
_DEAL = (
    ("TYPE_ID", "crm_status", False),
    ("CATEGORY_ID", "crm_category", False),
    ("STAGE_ID", "crm_status", False),
    ("STAGE_SEMANTIC_ID", "string", True),
    ("LEAD_ID", "crm_lead", True),
    ("BEGINDATE", "date", False),
    ("CLOSEDATE", "date", False),
    ("CLOSED", "char", True),
    ("IS_REPEATED_APPROACH", "char", False),
)
_PERSON = (("NAME", "string", False), ("SECOND_NAME", "string", False), ("LAST_NAME", "string", False))
_REACHABLE = (("HAS_PHONE", "char", True), ("HAS_EMAIL", "char", True))
_LEAD = (
    ("STATUS_ID", "crm_status", False),
    ("STATUS_SEMANTIC_ID", "string", True),
    ("STATUS_DESCRIPTION", "string", False),
    ("DATE_CLOSED", "datetime", True),
    ("COMPANY_TITLE", "string", False),
)
_CONTACT = (("LEAD_ID", "crm_lead", True), ("COMPANY_ID", "crm_company", False))

STANDARD_FIELDS = {
    kind: tuple(Field(name, type_, read_only) for name, type_, read_only in rows)
    for kind, rows in {
        LEAD: (*_SHARED, *_MONEY, *_LEAD, *_PERSON, *_REACHABLE),
        DEAL: (*_SHARED, *_MONEY, *_DEAL),
        CONTACT: (*_SHARED, *_PERSON, *_CONTACT, *_REACHABLE),
        COMPANY: (*_SHARED, ("TITLE", "string", False), ("LEAD_ID", "crm_lead", True), *_REACHABLE),
    }.items()
}


def has_multifields(kind: Kind) -> bool:
    """Whether phones and e-mails are kept on records of that kind."""
    return kind is not DEAL
