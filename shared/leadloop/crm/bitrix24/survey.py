"""A portal's own lists.

https://apidocs.bitrix24.ru/api-reference/crm/status/crm-status-list.html, universal/category/crm-category-list.html,
currency/crm-currency-base-get.html. An inbound webhook may not list the outgoing ones.
"""

from __future__ import annotations

from collections.abc import Iterator

from leadloop.crm.bitrix24.client import AnswerUnreadable, Bitrix24Client, Command, items_of
from leadloop.crm.bitrix24.fields import Catalogue
from leadloop.crm.bitrix24.kinds import DEAL
from leadloop.crm.bitrix24.shapes import LOST
from leadloop.crm.bitrix24.user_fields import PREFIX, kinds_of
from leadloop.crm.survey import FieldListed, Listed, PipelineListed, Survey
from leadloop.json_types import Json, JsonObject
from leadloop.policy.bitrix24 import LEADS, Bitrix24

_SIMPLE = "2"
"""A portal that works without leads: crm.settings.mode.get."""
_ASKED = {
    "mode": Command("crm.settings.mode.get", {}),
    "currency": Command("crm.currency.base.get", {}),
    "categories": Command("crm.category.list", {"entityTypeId": DEAL.entity_type_id}),
    "statuses": Command("crm.status.list", {}),
}


def take_survey(client: Bitrix24Client, settings: Bitrix24) -> Survey:
    """Read the portal. Raises the errors of ``leadloop.ports.http``."""
    told = client.together("survey", _ASKED)
    statuses = _rows(told["statuses"])
    pipelines = [
        PipelineListed(str(one.get("id") or 0), str(one.get("name")), _stages(statuses, str(one.get("id") or 0)))
        for one in items_of("survey", told["categories"], "categories")
    ]
    if str(told["mode"]) != _SIMPLE:
        pipelines.append(PipelineListed(LEADS, "leads", _stages(statuses, LEADS)))
    catalogue = Catalogue(client, kinds_of(settings))
    return Survey(
        account=settings.host,
        currency=told["currency"] if isinstance(told["currency"], str) else "",
        token_end=client.webhook.end(),
        pipelines=tuple(pipelines),
        loss_reasons=tuple(_loss_reasons(catalogue, settings, statuses)),
        fields=_fields(catalogue, settings),
        hooks=None,
        deal_events=frozenset(),
        contact_events=frozenset(),
    )


def _stages(statuses: list[JsonObject], pipeline: str) -> tuple[Listed, ...]:
    entity = {"0": "DEAL_STAGE", LEADS: "STATUS"}.get(pipeline, f"DEAL_STAGE_{pipeline}")
    return tuple(_entry(one) for one in statuses if one.get("ENTITY_ID") == entity)


def _loss_reasons(catalogue: Catalogue, settings: Bitrix24, statuses: list[JsonObject]) -> Iterator[Listed]:
    """The entries of the field that says why, or else the lost stages themselves."""
    if settings.fields.loss_reason is not None:
        fields = [catalogue.of(kind).get(settings.fields.loss_reason) for kind in kinds_of(settings)]
        found = dict.fromkeys(choice for field in fields if field is not None for choice in field.choices)
        yield from (Listed(*choice) for choice in found)
        return
    for one in statuses:
        entity = str(one.get("ENTITY_ID"))
        of_leads = settings.reads_leads and entity == "STATUS"
        of_deals = settings.reads_deals and entity.startswith("DEAL_STAGE")
        if (of_leads or of_deals) and one.get("SEMANTICS") == LOST:
            yield _entry(one)


def _fields(catalogue: Catalogue, settings: Bitrix24) -> tuple[FieldListed, ...]:
    """Those that every kind has which is read. A field that somebody made has no code besides its id."""
    of_kinds = [catalogue.of(kind) for kind in kinds_of(settings)]
    shared = [field for code, field in of_kinds[0].items() if all(code in one for one in of_kinds)]
    return tuple(FieldListed(one.code, "" if one.code.startswith(PREFIX) else one.code, one.title) for one in shared)


def _entry(row: JsonObject) -> Listed:
    return Listed(str(row.get("STATUS_ID")), str(row.get("NAME")))


def _rows(result: Json) -> list[JsonObject]:
    if not isinstance(result, list):
        raise AnswerUnreadable("survey", "expected a list of statuses, found something else")
    return [row for row in result if isinstance(row, dict)]
