"""An amoCRM account's own lists.

https://www.amocrm.ru/developers/content/crm_platform/account-info, leads_pipelines, custom-fields, webhooks-api
"""

from __future__ import annotations

from leadloop.crm.amocrm.client import AmoCrmClient
from leadloop.crm.amocrm.shapes import embedded, id_of
from leadloop.crm.survey import FieldListed, HookListed, Listed, PipelineListed, Survey
from leadloop.json_types import Json, JsonObject
from leadloop.ports.http import Refused

_INBOX = 1
"""``type`` of the status in which requests wait to be accepted: what is there is no deal yet."""
_NO_RIGHT = (402, 403)
"""Webhooks are listed for administrators, and on some tariffs for nobody."""


def take_survey(client: AmoCrmClient) -> Survey:
    """Read the account. Raises the errors of ``leadloop.ports.http``, or ``StoreUnavailable``."""
    account = client.get("read_account", "account") or {}
    return Survey(
        account=_text(account.get("name")),
        currency=_text(account.get("currency")),
        token_end=client.access.end(),
        pipelines=tuple(_pipeline(one) for one in _listed(client, "pipelines") if one.get("is_archive") is not True),
        loss_reasons=tuple(_entry(one) for one in _listed(client, "loss_reasons")),
        fields=tuple(
            FieldListed(id_of(one.get("id")), _text(one.get("code")), _text(one.get("name")))
            for one in _listed(client, "custom_fields")
        ),
        hooks=_hooks(client),
        deal_events=frozenset({"add_lead", "update_lead", "status_lead", "delete_lead", "restore_lead"}),
        contact_events=frozenset({"add_contact", "update_contact"}),
    )


def _listed(client: AmoCrmClient, member: str) -> list[JsonObject]:
    pages = client.pages(f"list_{member}", f"leads/{member}", (("limit", "250"),), member)
    return [one for page in pages for one in page]


def _pipeline(item: JsonObject) -> PipelineListed:
    statuses = tuple(_entry(one) for one in embedded(item, "statuses") if one.get("type") != _INBOX)
    return PipelineListed(*_entry(item), statuses)


def _entry(item: JsonObject) -> Listed:
    return Listed(id_of(item.get("id")), _text(item.get("name")))


def _hooks(client: AmoCrmClient) -> tuple[HookListed, ...] | None:
    try:
        page, _ = client.page("list_webhooks", "webhooks", (), "webhooks")
    except Refused as refused:
        if refused.status not in _NO_RIGHT:
            raise
        return None
    return tuple(_hook(one) for one in page)


def _hook(item: JsonObject) -> HookListed:
    events = item.get("settings")
    heard = frozenset(str(one) for one in events) if isinstance(events, list) else frozenset()
    return HookListed(_text(item.get("destination")), item.get("disabled") is not True, heard)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
