"""User fields that leadloop needs: without one for our own id a lost answer cannot be resolved.

https://apidocs.bitrix24.ru/api-reference/crm/deals/user-defined-fields/crm-deal-userfield-add.html
"""

from __future__ import annotations

from collections.abc import Iterator

from leadloop.crm.bitrix24.client import Bitrix24Client, Command
from leadloop.crm.bitrix24.fields import Catalogue
from leadloop.crm.bitrix24.kinds import DEAL, LEAD, Kind
from leadloop.messages import AdIds
from leadloop.policy.bitrix24 import Bitrix24
from leadloop.ports.http import Refused
from leadloop.verdict import Verdict

PREFIX = "UF_CRM_"
"""What the codes of fields begin with that somebody made."""
_BAD_REQUEST = 400
"""What a portal answers, without a code, to whoever may not make fields."""
_MADE = ("leadloop_id", *AdIds.model_fields)
"""Fields that are made where they are missing, by our names of them."""


def ensure_fields(client: Bitrix24Client, catalogue: Catalogue, settings: Bitrix24) -> Verdict:
    """Make sure deals, and leads if they are read, have fields for our id and the ad ids. May be repeated."""
    missing = [(kind, code) for kind in kinds_of(settings) for code in _lacking(catalogue, settings, kind)]
    if not missing:
        return Verdict(True, "leadloop_field.present", f"the portal has the field {settings.fields.leadloop_id}")
    try:
        for kind, code in missing:
            client.call("create_field", _adding(kind, code), repeatable=False)
    except Refused as refused:
        if refused.status != _BAD_REQUEST:
            raise
        told = ", ".join(f"{code} ({kind.name.lower()}s)" for kind, code in missing)
        what_to_do = "who made the inbound webhook must be an administrator, or make the fields by hand: texts"
        return Verdict(False, "leadloop_field.refused", f"missing: {told}; {refused}; {what_to_do}")
    finally:
        catalogue.forget()
    made = ", ".join(sorted({code for _, code in missing}))
    return Verdict(True, "leadloop_field.created", f"created: {made}")


def kinds_of(settings: Bitrix24) -> tuple[Kind, ...]:
    """The kinds that the policy reads or creates, leads before the deals they become."""
    return tuple(kind for kind, is_read in ((LEAD, settings.reads_leads), (DEAL, settings.reads_deals)) if is_read)


def _lacking(catalogue: Catalogue, settings: Bitrix24, kind: Kind) -> Iterator[str]:
    places, known = settings.fields.model_dump(), catalogue.of(kind)
    named = (places[name] for name in _MADE if places.get(name))
    return (code for code in named if code.startswith(PREFIX) and code not in known)


def _adding(kind: Kind, code: str) -> Command:
    name = code.removeprefix(PREFIX)
    field = {"FIELD_NAME": name, "USER_TYPE_ID": "string", "EDIT_FORM_LABEL": name, "LIST_COLUMN_LABEL": name}
    return Command(f"crm.{kind.name.lower()}.userfield.add", {"fields": {**field}})
