"""/api/v4/events. Source: https://www.amocrm.ru/developers/content/crm_platform/events-and-notes."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import flask
from werkzeug.wrappers import Response

from ...php_query import as_list
from ..crm.feed import Event
from .filters import whole_number, within
from .listing import MOST_EVENTS, hal, no_content, page_response, query_of_request, requested_page, self_link
from .office import Office
from .problems import RequestRefused

_MOST_ENTITY_IDS = 10
_SIDES = ("value_before", "value_after")
_PLURALS = {"lead": "leads", "contact": "contacts", "company": "companies"}
_FIELD_EVENT = re.compile(r"custom_field_\d+_value_changed")


def add_event_routes(app: flask.Flask, office: Office) -> None:
    """The feed and one event of it."""

    @app.get("/api/v4/events")
    def list_events() -> Response:
        page = requested_page(MOST_EVENTS, short=office.switches.on("short_pages"))
        filters = query_of_request().get("filter")
        wanted = filters if isinstance(filters, dict) else {}
        events = list(filter(_wanted(wanted), _shown(office, wanted)))
        newest_first = office.switches.text("events_order") == "newest_first"
        events.sort(key=lambda event: (event.created_at, event.id), reverse=newest_first)
        return page_response("events", events, page, lambda event: _shape(office, event))

    @app.get("/api/v4/events/<event_id>")
    def show_event(event_id: str) -> Response:
        event = next((one for one in _shown(office, {}) if one.id == event_id), None)
        return hal(_shape(office, event)) if event else no_content()


def _shown(office: Office, filters: Mapping[str, Any]) -> list[Event]:
    """What may be shown by now; only of the entities that are named, if any are: an account may hold many thousands."""
    latest = office.unix_now() - office.switches.number("events_lag_seconds")
    feed, types = office.account.feed, as_list(filters.get("entity"))
    named = [whole_number(one) for one in as_list(filters.get("entity_id"))] if len(types) == 1 else []
    events = [event for one in dict.fromkeys(named) for event in feed.about(types[0], one)] if named else feed.events
    return [event for event in events if event.created_at <= latest]


def _wanted(filters: Mapping[str, Any]) -> Callable[[Event], bool]:
    """Whether the filters let an event through; RequestRefused for filters that amoCRM does not take."""
    types, entities, ids = (as_list(filters.get(name)) for name in ("type", "entity", "entity_id"))
    if ids and len(entities) != 1:
        raise RequestRefused(400, "filter[entity_id] needs exactly one filter[entity]")
    if len(ids) > _MOST_ENTITY_IDS:
        raise RequestRefused(400, f"filter[entity_id] takes up to {_MOST_ENTITY_IDS} ids")
    authors, event_ids = as_list(filters.get("created_by")), as_list(filters.get("id"))
    numbers = [whole_number(one) for one in ids]

    def is_wanted(event: Event) -> bool:
        return (
            (not types or _has_type(event, types))
            and (not entities or event.entity_type in entities)
            and (not numbers or event.entity_id in numbers)
            and (not authors or str(event.created_by) in authors)
            and (not event_ids or event.id in event_ids)
            and ("created_at" not in filters or within(event.created_at, filters["created_at"]))
            and all(_has_stage(event, side, filters[side]) for side in _SIDES if side in filters)
        )

    return is_wanted


def _has_type(event: Event, types: list[str]) -> bool:
    any_field = "custom_field_value_changed" in types and _FIELD_EVENT.fullmatch(event.type) is not None
    return event.type in types or any_field


def _has_stage(event: Event, side: str, wanted: object) -> bool:
    """`filter[value_after][leads_statuses]`; other filters by value are not offered here."""
    if not isinstance(wanted, dict) or not isinstance(wanted.get("leads_statuses"), dict):
        raise RequestRefused(400, "Only leads_statuses is offered as a filter by value")
    stages = [one.get("lead_status", {}) for one in getattr(event, side)]
    found = {(str(stage.get("pipeline_id")), str(stage.get("id"))) for stage in stages}
    stages_wanted = (one for one in wanted["leads_statuses"].values() if isinstance(one, dict))
    return any((one.get("pipeline_id"), one.get("status_id")) in found for one in stages_wanted)


def _shape(office: Office, event: Event) -> dict[str, Any]:
    plural = _PLURALS[event.entity_type]
    entity = {"id": event.entity_id, "_links": self_link(f"{plural}/{event.entity_id}")}
    return {
        "id": event.id,
        "type": event.type,
        "entity_id": event.entity_id,
        "entity_type": event.entity_type,
        "created_by": event.created_by,
        "created_at": event.created_at,
        "value_after": list(event.value_after),
        "value_before": list(event.value_before),
        "account_id": office.account.profile.id,
        "_links": self_link(f"events/{event.id}"),
        "_embedded": {"entity": entity},
    }
