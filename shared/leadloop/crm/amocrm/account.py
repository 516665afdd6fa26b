"""An amoCRM account as the ``Crm`` port sees it. How a lead is written stands in ``writing``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from leadloop import timestamps
from leadloop.crm.amocrm import lead_feed, writing
from leadloop.crm.amocrm.client import AmoCrmClient, several
from leadloop.crm.amocrm.fields import ids_at, places, places_of
from leadloop.crm.amocrm.leadloop_field import ensure_leadloop_field
from leadloop.crm.amocrm.shapes import (
    change_of,
    contact_points_of,
    embedded,
    field_change_of,
    history_of,
    id_of,
    lead_of,
    loss_of,
    price_change_of,
    transition_of,
)
from leadloop.crm.port import (
    AttachedFields,
    Change,
    ChangePage,
    ContactPoints,
    CreatedLead,
    CrmLead,
    Feed,
    FieldChange,
    FieldTexts,
    History,
    Loss,
    NewCrmLead,
    PriceChange,
    Transition,
)
from leadloop.crm.token_expiry import TokenEnd
from leadloop.json_types import JsonObject
from leadloop.policy.amocrm import AmoCrm
from leadloop.ports.http import Refused
from leadloop.verdict import Verdict

_IDS_A_CALL = 200
"""A page holds 250, but so many ids of ten digits make a request line longer than the usual 8 KiB."""
_LEADS_AN_EVENTS_CALL = 10
"""https://www.amocrm.ru/developers/content/crm_platform/events-and-notes: ``filter[entity_id]`` takes up to ten."""
_OF_A_HISTORY = ("lead_status_changed", "sale_field_changed", "lead_deleted", "lead_restored")
"""Asked for together: what a lead's history costs is its pages, not its kinds of events."""


class AmoCrmAccount:
    """Reads and writes one account; see ``Crm``."""

    name = "amocrm"
    most_leads_a_call = _IDS_A_CALL

    def __init__(self, client: AmoCrmClient, settings: AmoCrm, asked: Mapping[str, str] | None = None) -> None:
        """``asked``: fields of which only matters whether they are filled, by name (``qualification.fields``)."""
        self._client = client
        self._settings = settings
        self._places = places(settings.fields)
        self._asked = places_of(asked or {})
        self._field_ids: dict[str, int] = {}
        """Ids of our fields, as far as leads that were read have shown them, or the account's list."""

    def token_end(self) -> TokenEnd | None:
        """See ``Crm``."""
        return self._client.access.end()

    def prepare(self) -> Verdict:
        """See ``Crm``."""
        return ensure_leadloop_field(self._client, self._settings.fields)

    def read_leads(self, ids: Sequence[str]) -> dict[str, CrmLead]:
        """See ``Crm``. An account without filters answers about other leads, so what is missing is asked singly."""
        found = {id_of(item.get("id")): item for item in self._listed("leads", ids, "contacts")}
        for external_id in ids:
            if external_id not in found and (item := self._single("leads", external_id, "contacts")) is not None:
                found[external_id] = item
        alive = {external_id: found[external_id] for external_id in ids if external_id in found}
        for item in alive.values():
            self._field_ids |= ids_at(item, self._places)
        shown = {one: item for one, item in alive.items() if not item.get("is_deleted")}
        return {one: lead_of(item, self._settings.fields, self._asked) for one, item in shown.items()}

    def histories(self, ids: Sequence[str]) -> dict[str, History]:
        """See ``Crm``."""
        told: dict[str, set[Transition | PriceChange | Loss]] = {external_id: set() for external_id in ids}
        for event in self._events(_OF_A_HISTORY, ids):
            read = transition_of(event) or price_change_of(event) or loss_of(event)
            if read is not None and read[0] in told:
                told[read[0]].add(read[1])
        return {external_id: history_of(those) for external_id, those in told.items()}

    def field_changes(self, ids: Sequence[str], fields: Collection[str]) -> dict[str, tuple[FieldChange, ...]]:
        """See ``Crm``. Nothing of a field that the account lacks, nor from an account that refuses to tell."""
        if not self._field_ids.keys() >= {*fields}:  # an emptied field is not shown by every account
            self._field_ids |= self._listed_fields()
        names = {self._field_ids[name]: name for name in sorted(fields) if name in self._field_ids}
        types = [f"custom_field_{field_id}_value_changed" for field_id in names]
        history: dict[str, list[FieldChange]] = {external_id: [] for external_id in ids}
        try:
            events = list(self._events(types, ids)) if types else []
        except Refused as refused:
            if refused.status != 400:
                raise
            return {}
        for event in events:
            read = field_change_of(event, names)
            if read is not None and read[0] in history and read[1] not in history[read[0]]:
                history[read[0]].append(read[1])
        return {external_id: tuple(sorted(changes)) for external_id, changes in history.items()}

    def leads_of_contacts(self, contact_ids: Sequence[str]) -> tuple[str, ...]:
        """See ``Crm``."""
        contacts = self._contacts(contact_ids, "leads").values()
        linked = [id_of(lead.get("id")) for contact in contacts for lead in embedded(contact, "leads")]
        return tuple(dict.fromkeys(linked))

    def contact_points(self, contact_ids: Sequence[str]) -> dict[str, ContactPoints]:
        """See ``Crm``."""
        return {one: contact_points_of(contact) for one, contact in self._contacts(contact_ids).items()}

    def changes(self, feed: Feed, since: datetime, position: JsonObject | None) -> ChangePage:
        """See ``Crm``."""
        if feed is Feed.DELETED:
            return self._deletions(since, position)
        piece = lead_feed.next_piece(self._client, since, position)
        return ChangePage(tuple(change_of(item) for item in piece.leads), piece.position)

    def create_lead(self, new: NewCrmLead) -> CreatedLead:
        """See ``Crm``."""
        return writing.create_lead(self._client, self._settings, new)

    def find_created(self, lead_id: str, since: datetime) -> CreatedLead | None:
        """See ``Crm``."""
        return writing.find_created(self._client, self._settings.fields, lead_id, since)

    def attach_fields(
        self, external_id: str, fields: FieldTexts, ours: Collection[str], replace: Collection[str] = ()
    ) -> AttachedFields:
        """See ``Crm``."""
        item = self._single("leads", external_id)
        if item is None or item.get("is_deleted"):
            return AttachedFields(gone=True)
        return writing.attach_fields(self._client, self._settings.fields, item, fields, ours, replace)

    def _contacts(self, ids: Sequence[str], extras: str = "") -> dict[str, JsonObject]:
        asked = tuple(dict.fromkeys(ids))
        found: dict[str, JsonObject] = {}
        for start in range(0, len(asked), _IDS_A_CALL):
            chunk = asked[start : start + _IDS_A_CALL]
            found |= {id_of(contact.get("id")): contact for contact in self._listed("contacts", chunk, extras)}
        for contact_id in asked:
            if contact_id not in found and (contact := self._single("contacts", contact_id, extras)) is not None:
                found[contact_id] = contact
        return {contact_id: found[contact_id] for contact_id in asked if contact_id in found}

    def _listed(self, entity: str, ids: Sequence[str], extras: str) -> list[JsonObject]:
        """What a filter by id brings: in an account without filters other entities too, or none at all."""
        params = (*several("filter[id]", ids), ("limit", "250"), *_with(extras))
        asked, found = set(ids), []
        try:
            for page in self._client.pages(f"read_{entity}", entity, params, entity) if ids else ():
                found += (about := [item for item in page if id_of(item.get("id")) in asked])
                if not about:
                    break
        except Refused as refused:
            if refused.status != 400:
                raise
        return found

    def _single(self, entity: str, external_id: str, extras: str = "") -> JsonObject | None:
        try:
            return self._client.get(f"read_{entity}", f"{entity}/{external_id}", _with(extras))
        except Refused as refused:
            if refused.status != 404:  # documented as 204; 404 would say the same
                raise
            return None

    def _listed_fields(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for page in self._client.pages("list_fields", "leads/custom_fields", (("limit", "250"),), "custom_fields"):
            for field in page:
                at = (field.get("code"), str(field.get("id")))
                found |= {place.name: int(id_of(field.get("id"))) for place in self._places if place.at in at}
        return found

    def _events(self, types: Sequence[str], ids: Sequence[str]) -> Iterator[JsonObject]:
        for start in range(0, len(ids), _LEADS_AN_EVENTS_CALL):
            params = (
                *several("filter[type]", types),
                *several("filter[entity]", ["lead"]),
                *several("filter[entity_id]", ids[start : start + _LEADS_AN_EVENTS_CALL]),
                ("limit", "100"),
            )
            for page in self._client.pages("read_events", "events", params, "events"):
                yield from page

    def _deletions(self, since: datetime, position: JsonObject | None) -> ChangePage:
        page = position.get("page") if position else 1
        oldest = timestamps.to_unix(since)
        params = (
            *several("filter[type]", ["lead_deleted"]),
            ("filter[created_at][from]", str(oldest)),
            ("limit", "100"),
            ("page", str(page)),
        )
        events, following = self._client.page("read_deletions", "events", params, "events")
        deleted = tuple(
            Change(id_of(event.get("entity_id")), timestamps.from_unix(at))
            for event in events
            if event.get("type") == "lead_deleted" and isinstance(at := event.get("created_at"), int) and at >= oldest
        )
        return ChangePage(deleted, {"page": int(str(page)) + 1} if following is not None else None)


def _with(extras: str) -> tuple[tuple[str, str], ...]:
    return (("with", extras),) if extras else ()
