"""Creating a deal or a lead in Bitrix24, finding one whose creation was not answered, and filling its fields.

What a portal does not have it passes over in silence (https://apidocs.bitrix24.ru/api-reference/crm/universal/
crm-item-add.html), so fields are looked up before, and what the answer shows is compared after.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING

from leadloop.crm.attaching import choose
from leadloop.crm.bitrix24.card_feed import everything_since
from leadloop.crm.bitrix24.cards import every, list_command
from leadloop.crm.bitrix24.client import Bitrix24Client, Command, item_of, items_of
from leadloop.crm.bitrix24.fields import Catalogue, texts_at
from leadloop.crm.bitrix24.kinds import CONTACT, DEAL, KINDS, LEAD, Kind, external_id, number_in
from leadloop.crm.bitrix24.shapes import changed_at, id_of
from leadloop.crm.bitrix24.user_fields import kinds_of
from leadloop.crm.port import AttachedFields, CreatedLead, LeadloopFieldMissing, NewCrmLead
from leadloop.json_types import Json, JsonObject, json_list
from leadloop.policy.bitrix24 import LEADS, Bitrix24, Bitrix24NewLead
from leadloop.ports.http import Refused

if TYPE_CHECKING:
    from datetime import datetime

    from leadloop.identity.contact import Contact

_ORIGINATOR = "leadloop"
"""Stands on contacts that leadloop made, beside the lead's id: so one made before its deal failed is found again."""


def create_lead(client: Bitrix24Client, catalogue: Catalogue, settings: Bitrix24, new: NewCrmLead) -> CreatedLead:
    """Create a deal with its contact, or a lead. Raises ``LeadloopFieldMissing`` besides the errors of the port."""
    place = settings.new_lead
    if place is None:
        raise Refused("bitrix24", "create_lead", "the policy does not say where leads are created (crm.new_lead)", 0)
    kind = LEAD if place.pipeline == LEADS else DEAL
    values = _placed(settings, {**new.fields, "leadloop_id": new.lead_id})
    named = _named(catalogue, settings, kind, values, "create_lead")
    fields: JsonObject = {**_card(place, kind), **{at: values[name] for name, at in named.items()}}
    if kind is LEAD:
        item = _added(client, kind, {**fields, **_person(new.contact)})
    else:
        item = _with_contact(client, new, fields)
    shown = texts_at(item, named)
    refused = tuple(name for name, text in values.items() if shown.get(name) != text.strip())
    return CreatedLead(external_id(kind, id_of(item.get("id"))), refused_fields=refused, contact_ids=_linked(item))


def find_created(
    client: Bitrix24Client, catalogue: Catalogue, settings: Bitrix24, lead_id: str, since: datetime
) -> CreatedLead | None:
    """The deal or lead that carries our id; ``None`` only after a complete listing of what changed since.

    A lead goes before the deal that was made of it, and took its fields along.
    """
    for kind in kinds_of(settings):
        at = catalogue.named(kind, {"leadloop_id": settings.fields.leadloop_id}).get("leadloop_id")
        if at is None:
            continue
        listed = every(client, "find_created", kind, {f"={at}": lead_id}, ["id", "contactIds", at])
        changed = everything_since(client, (kind,), since, ("contactIds", at))
        for card in chain(listed, (one for _, one in changed)):
            if str(card.get(at)) == lead_id:
                return CreatedLead(external_id(kind, id_of(card.get("id"))), contact_ids=_linked(card))
    return None


def attach_fields(
    client: Bitrix24Client,
    catalogue: Catalogue,
    settings: Bitrix24,
    external: str,
    values: Mapping[str, str],
    ours: Collection[str],
    replace: Collection[str],
) -> AttachedFields:
    """Write the values whose fields are empty, and those in ``replace`` that differ; what stands there is left."""
    kind = next(one for one in KINDS if number_in(one, external) is not None)
    number = number_in(kind, external)
    wanted = _placed(settings, values)
    named = _named(catalogue, settings, kind, wanted, "attach_fields")
    item = _single(client, kind, number, list(named.values()))
    if item is None:
        return AttachedFields(gone=True)
    refused = tuple(name for name in wanted if name not in named)
    choice = choose({name: wanted[name] for name in named}, texts_at(item, named), ours, replace)
    if not choice.written:
        return AttachedFields(kept=choice.kept, refused_fields=refused)
    fields: JsonObject = {named[name]: wanted[name] for name in choice.written}
    params: JsonObject = {"entityTypeId": kind.entity_type_id, "id": number, "fields": fields}
    after = item_of("attach_fields", client.call("attach_fields", Command("crm.item.update", params)))
    shown = texts_at(after, named)
    written = tuple(name for name in choice.written if shown.get(name) == wanted[name].strip())
    lost = tuple(name for name in choice.written if name not in written)
    replaced = tuple(name for name in written if name in choice.replaced)
    return AttachedFields(written, choice.kept, replaced, (*refused, *lost), written_at=changed_at(after))


def _placed(settings: Bitrix24, values: Mapping[str, str]) -> dict[str, str]:
    """The values that the policy has a field for."""
    return {name: text for name, text in values.items() if text and getattr(settings.fields, name, None)}


def _named(
    catalogue: Catalogue, settings: Bitrix24, kind: Kind, values: Mapping[str, str], operation: str
) -> dict[str, str]:
    """How calls name the fields of the values, as far as the portal has them. Raises ``LeadloopFieldMissing``."""
    named = catalogue.named(kind, {name: getattr(settings.fields, name) for name in values})
    if "leadloop_id" in values and "leadloop_id" not in named:
        found = f"{kind.name.lower()}s of the portal have no field {settings.fields.leadloop_id}"
        raise LeadloopFieldMissing("bitrix24", operation, found, 400, "leadloop_field_missing")
    return named


def _card(place: Bitrix24NewLead, kind: Kind) -> JsonObject:
    category: JsonObject = {"categoryId": int(place.pipeline)} if kind is DEAL else {}
    description: JsonObject = {"sourceDescription": ", ".join(place.tags)} if place.tags else {}
    return {"title": place.name, **category, "stageId": place.status, **description}


def _with_contact(client: Bitrix24Client, new: NewCrmLead, fields: JsonObject) -> JsonObject:
    """A deal with the contact there is, or with a new one, which is found again if the deal fails."""
    if not new.contact:
        return _added(client, DEAL, fields)
    contact = _known_contact(client, new)
    if contact is None:
        person: JsonObject = {**_person(new.contact), "originatorId": _ORIGINATOR, "originId": new.lead_id}
        contact = id_of(_added(client, CONTACT, person).get("id"))
    return _added(client, DEAL, {**fields, "contactIds": [contact]})


def _known_contact(client: Bitrix24Client, new: NewCrmLead) -> str | None:
    """A contact that an unanswered attempt made, or one with a phone or an e-mail of the lead."""
    return next(_known_contacts(client, new), None)


def _known_contacts(client: Bitrix24Client, new: NewCrmLead) -> Iterator[str]:
    origin: JsonObject = {"=originatorId": _ORIGINATOR, "=originId": new.lead_id}
    made = client.call("find_contact", list_command(CONTACT, origin, ["id"]))
    yield from (id_of(item.get("id")) for item in items_of("find_contact", made))
    for name, values in (("PHONE", new.contact.phones), ("EMAIL", new.contact.emails)):
        params: JsonObject = {"type": name, "values": json_list(values), "entity_type": "CONTACT"}
        if values:
            yield from _duplicates(client.call("find_contact", Command("crm.duplicate.findbycomm", params)))


def _duplicates(result: Json) -> list[str]:
    """Ids of contacts, the oldest first; nobody is told as an empty list."""
    ids = result.get("CONTACT") if isinstance(result, dict) else None
    return sorted((id_of(one) for one in ids), key=int) if isinstance(ids, list) else []


def _person(contact: Contact) -> JsonObject:
    points = [("PHONE", one) for one in contact.phones] + [("EMAIL", one) for one in contact.emails]
    rows = json_list({"typeId": kind, "valueType": "WORK", "value": value} for kind, value in points)
    # Messengers have types of their own in every portal, so who left nothing else is named by one.
    names = [contact.name, *(contact.messengers if not points else ())]
    named: JsonObject = {"name": name} if (name := " ".join(filter(None, names))) else {}
    return {**named, "fm": rows} if rows else named


def _added(client: Bitrix24Client, kind: Kind, fields: JsonObject) -> JsonObject:
    """What was made. By a request of its own: in a batch a visitor's text could name what is to stand in its place."""
    adding = Command("crm.item.add", {"entityTypeId": kind.entity_type_id, "fields": fields})
    return item_of("create_lead", client.call("create_lead", adding, repeatable=False))


def _single(client: Bitrix24Client, kind: Kind, number: str | None, select: list[str]) -> JsonObject | None:
    command = list_command(kind, {"@id": [number]}, ["id", *select])
    return next(iter(items_of("read_leads", client.call("read_leads", command))), None)


def _linked(card: JsonObject) -> tuple[str, ...]:
    linked = card.get("contactIds")
    return tuple(id_of(one) for one in linked) if isinstance(linked, list) else ()
