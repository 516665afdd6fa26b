"""Creating a lead in amoCRM, finding one whose creation was not answered, and filling its fields.

Creation is ``POST /leads/complex`` (https://www.amocrm.ru/developers/content/crm_platform/leads-api):
the only call that knows contacts and duplicate control, and not idempotent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from leadloop.crm.amocrm.client import AmoCrmClient, AnswerUnreadable
from leadloop.crm.amocrm.fields import FieldPlace, entries, places, texts_at
from leadloop.crm.amocrm.lead_feed import everything_since
from leadloop.crm.amocrm.leadloop_field import id_of_leadloop_field
from leadloop.crm.amocrm.refusals import FieldsRefused
from leadloop.crm.amocrm.shapes import id_of, lead_of, written_at
from leadloop.crm.attaching import choose
from leadloop.crm.port import AttachedFields, CreatedLead, LeadloopFieldMissing, NewCrmLead
from leadloop.identity.contact import Contact
from leadloop.json_types import Json, JsonObject, json_list
from leadloop.policy.amocrm import AmoCrm, AmoCrmFields
from leadloop.policy.crm import NewLead
from leadloop.ports.http import Refused


def create_lead(client: AmoCrmClient, settings: AmoCrm, new: NewCrmLead) -> CreatedLead:
    """Create a lead with its contact. Raises ``LeadloopFieldMissing`` besides the errors of the port."""
    place = settings.new_lead
    if place is None:
        raise Refused("amocrm", "create_lead", "the policy does not say where leads are created (crm.new_lead)", 0)
    values = {**new.fields, "leadloop_id": new.lead_id}

    def create(chosen: Sequence[FieldPlace]) -> Json:
        body: list[Json] = [_complex_lead(place, new, entries(chosen, values))]
        return client.write("create_lead", "POST", "leads/complex", body, repeatable=False)

    answer, refused = _without_refused("create_lead", _filled(settings.fields, values), create)
    return _created(answer, refused)


def find_created(client: AmoCrmClient, fields: AmoCrmFields, lead_id: str, since: datetime) -> CreatedLead | None:
    """The lead that carries our id; ``None`` only after a complete listing of what changed since.

    Listed by time of change, which is never before the time of creation, so that an older lead which
    duplicate control merged ours into is found too.
    """
    field_id = id_of_leadloop_field(client, fields)
    candidates = _filtered(client, field_id, lead_id) if field_id is not None else []
    for listing in (candidates, everything_since(client, since)):
        found = [lead_of(item, fields) for item in listing if _leadloop_id(item, fields) == lead_id]
        if found:
            first = min(found, key=lambda lead: int(lead.external_id))
            return CreatedLead(first.external_id, contact_ids=first.contact_ids)
    return None


def attach_fields(
    client: AmoCrmClient,
    fields: AmoCrmFields,
    item: JsonObject,
    values: Mapping[str, str],
    ours: Collection[str],
    replace: Collection[str] = (),
) -> AttachedFields:
    """Write the values whose fields are empty in ``item``, and those in ``replace`` that differ.

    Replaces nothing else, but for a stranger's LEADLOOP_ID.
    """
    wanted = {place.name: place for place in _filled(fields, values)}
    choice = choose({name: values[name] for name in wanted}, texts_at(item, wanted.values()), ours, replace)
    chosen = [wanted[name] for name in choice.written]
    if not chosen:
        return AttachedFields(kept=choice.kept)
    path = f"leads/{id_of(item.get('id'))}"

    def patch(chosen: Sequence[FieldPlace]) -> Json:
        body: Json = {"custom_fields_values": entries(chosen, values)}
        return client.write("attach_fields", "PATCH", path, body, repeatable=True)

    answer, refused = _without_refused("attach_fields", chosen, patch)
    written = tuple(place.name for place in chosen if place.name not in refused)
    replaced = tuple(name for name in written if name in choice.replaced)
    return AttachedFields(written, choice.kept, replaced, refused, written_at=written_at(answer))


def _without_refused(
    operation: str, chosen: list[FieldPlace], send: Callable[[Sequence[FieldPlace]], Json]
) -> tuple[Json, tuple[str, ...]]:
    """Send; if the account lacks some of the fields, send once more without them."""
    try:
        return send(chosen), ()
    except FieldsRefused as fault:
        refused = [place for index, place in enumerate(chosen) if index in fault.indexes]
    if any(place.name == "leadloop_id" for place in refused):
        found = f"the account has no field {next(place.at for place in refused if place.name == 'leadloop_id')}"
        raise LeadloopFieldMissing("amocrm", operation, found, 400, "leadloop_field_missing")
    rest = [place for place in chosen if place not in refused]
    return (send(rest) if rest else None), tuple(place.name for place in refused)


def _complex_lead(place: NewLead, new: NewCrmLead, values: list[Json]) -> JsonObject:
    inside: JsonObject = {"tags": [{"name": tag} for tag in place.tags]}
    if new.contact:
        inside["contacts"] = [_contact(new.contact)]
    return {
        "name": place.name,
        "pipeline_id": int(place.pipeline),
        "status_id": int(place.status),
        "request_id": new.lead_id,
        "custom_fields_values": values,
        "_embedded": inside,
    }


def _contact(contact: Contact) -> JsonObject:
    points = (("PHONE", contact.phones), ("EMAIL", contact.emails))
    values: list[Json] = [
        {"field_code": code, "values": json_list({"value": value, "enum_code": "WORK"} for value in typed)}
        for code, typed in points
        if typed
    ]
    # Which field of a contact holds a messenger, and whether it has one, differs between accounts: all have a name.
    names = [contact.name, *(contact.messengers if not values else ())]
    named: JsonObject = {"name": name} if (name := " ".join(filter(None, names))) else {}
    return {**named, "custom_fields_values": values} if values else named


def _created(answer: Json, refused: tuple[str, ...]) -> CreatedLead:
    """Read the bare array that ``complex`` answers with; one lead was posted, so one entry comes back."""
    entry = answer[0] if isinstance(answer, list) and answer else None
    if not isinstance(entry, dict):
        raise AnswerUnreadable("amocrm", "create_lead", "expected an array with one created lead, found something else")
    contact = entry.get("contact_id")
    contact_ids = () if contact is None else (id_of(contact),)
    return CreatedLead(id_of(entry.get("id")), entry.get("merged") is True, refused, contact_ids)


def _filtered(client: AmoCrmClient, field_id: str, lead_id: str) -> list[JsonObject]:
    params = ((f"filter[custom_fields_values][{field_id}][]", lead_id), ("limit", "250"), ("with", "contacts"))
    try:
        return client.page("find_created", "leads", params, "leads")[0]
    except Refused as refused:
        if refused.status != 400:
            raise
        return []


def _filled(fields: AmoCrmFields, values: Mapping[str, str]) -> list[FieldPlace]:
    return [place for place in places(fields) if values.get(place.name)]


def _leadloop_id(item: JsonObject, fields: AmoCrmFields) -> str | None:
    return texts_at(item, places(fields)).get("leadloop_id")
