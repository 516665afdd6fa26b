"""Edits that leads and contacts share. Each writes its event and says whether anything changed."""

from collections.abc import Sequence
from typing import Any

from .account import Account, EntityType
from .entities import Contact, Entity, FieldValue, Lead, Stamp
from .fields import CustomField
from .patches import EntityPatch, TagChange

EVENT_ENTITY = {"leads": "lead", "contacts": "contact", "companies": "company"}


def entity_type_of(entity: Entity) -> EntityType:
    """The plural under which API v4 knows it."""
    if isinstance(entity, Lead):
        return "leads"
    return "companies" if isinstance(entity, Contact) and entity.kind == "company" else "contacts"


def feed_key(entity: Entity) -> tuple[str, int]:
    """How the events feed names it."""
    return EVENT_ENTITY[entity_type_of(entity)], entity.id


def birth_stamp(patch: EntityPatch, stamp: Stamp) -> Stamp:
    """When and by whom a new record was made; integrations may say so themselves."""
    at = stamp.at if patch.created_at is None else patch.created_at
    return Stamp(at, stamp.by if patch.created_by is None else patch.created_by)


def edit_shared(account: Account, entity: Entity, patch: EntityPatch, stamp: Stamp) -> None:
    """Name, responsible user, fields and tags, then the stamp of the edit."""
    rename(account, entity, patch.name, stamp)
    hand_over(account, entity, patch.responsible_user_id, stamp)
    for field_id, values in patch.fields.items():
        fill_field(account, entity, field_id, values, stamp)
    retag(account, entity, patch.tags, stamp)
    at = stamp.at if patch.updated_at is None else patch.updated_at
    entity.touch(Stamp(at, stamp.by if patch.updated_by is None else patch.updated_by))


def rename(account: Account, entity: Entity, name: str | None, stamp: Stamp) -> None:
    """Gives another name, if one is asked for."""
    if name is None or name == entity.name:
        return
    before, after = ([{"name_field_value": {"name": text}}] for text in (entity.name, name))
    account.feed.write("name_field_changed", feed_key(entity), stamp, before, after)
    entity.name = name


def hand_over(account: Account, entity: Entity, user_id: int | None, stamp: Stamp) -> None:
    """Makes another user responsible, if one is asked for."""
    if user_id is None or user_id == entity.responsible_user_id:
        return
    before, after = ([{"responsible_user": {"id": one}}] for one in (entity.responsible_user_id, user_id))
    account.feed.write("entity_responsible_changed", feed_key(entity), stamp, before, after)
    entity.responsible_user_id = user_id


def fill_field(account: Account, entity: Entity, field_id: int, values: tuple[FieldValue, ...], stamp: Stamp) -> None:
    """Replaces the values of one field; no values empty it. Writes no event when nothing differs."""
    present = entity.fields.get(field_id, ())
    custom_field = account.fields[entity_type_of(entity)].by_id(field_id)
    if present == values or custom_field is None:
        return
    before, after = (_field_values(custom_field, some) for some in (present, values))
    account.feed.write(f"custom_field_{field_id}_value_changed", feed_key(entity), stamp, before, after)
    if values:
        entity.fields[field_id] = values
    else:
        entity.fields.pop(field_id, None)


def retag(account: Account, entity: Entity, change: TagChange, stamp: Stamp) -> None:
    """Replaces, adds and deletes tags by name."""
    entity_type = entity_type_of(entity)
    present = account.tag_names(entity_type, entity.tag_ids)
    kept = present if change.replace is None else list(change.replace)
    wanted = [name for name in dict.fromkeys((*kept, *change.add)) if name not in change.delete]
    added = [{"tag": {"name": name}} for name in wanted if name not in present]
    removed = [{"tag": {"name": name}} for name in present if name not in wanted]
    if added:
        account.feed.write("entity_tag_added", feed_key(entity), stamp, (), added)
    if removed:
        account.feed.write("entity_tag_deleted", feed_key(entity), stamp, removed, ())
    entity.tag_ids = [account.tag(entity_type, name).id for name in wanted]


def _field_values(custom_field: CustomField, values: Sequence[FieldValue]) -> list[dict[str, Any]]:
    frame = {"field_id": custom_field.id, "field_type": custom_field.type_number}
    return [{"custom_field_value": {**frame, "enum_id": one.enum_id, "text": str(one.value)}} for one in values]
