"""What happens to a contact or company."""

from dataclasses import replace
from typing import Literal

from .account import Account, Change
from .entities import Contact, Stamp
from .patches import ContactPatch
from .shared_edits import EVENT_ENTITY, birth_stamp, edit_shared, entity_type_of, feed_key, fill_field, retag


def add_contact(
    account: Account,
    patch: ContactPatch,
    stamp: Stamp,
    *,
    kind: Literal["contact", "company"] = "contact",
    is_unsorted: bool = False,
) -> Contact:
    """A new contact or company. While it waits in "unsorted" nothing tells of it."""
    birth = birth_stamp(patch, stamp)
    contact_id = account.ids.take("contact")
    name = patch.name or full_name(patch.first_name, patch.last_name)
    contact = Contact(contact_id, name, birth.at, birth.at, birth.by, birth.by, kind=kind)
    contact.is_unsorted = is_unsorted
    contact.first_name, contact.last_name = patch.first_name or "", patch.last_name or ""
    contact.responsible_user_id = patch.responsible_user_id or next(iter(account.users), 0)
    account.contacts[contact_id] = contact
    if not is_unsorted:
        announce_contact(account, contact, birth)
    for field_id, values in patch.fields.items():
        fill_field(account, contact, field_id, values, birth)
    retag(account, contact, patch.tags, birth)
    return contact


def announce_contact(account: Account, contact: Contact, stamp: Stamp) -> None:
    """The event and the hook of a contact that has become visible."""
    event_type = f"{EVENT_ENTITY[entity_type_of(contact)]}_added"
    birth_note = [{"note": {"id": account.ids.take("note")}}]
    account.feed.write(event_type, feed_key(contact), stamp, (), birth_note)
    account.changes.append(Change("contacts", "add", contact.id))


def edit_contact(account: Account, contact: Contact, patch: ContactPatch, stamp: Stamp) -> None:
    """Applies a patch; as with leads, the stamp and the hook come even when nothing differs."""
    old_responsible = contact.responsible_user_id
    contact.first_name = contact.first_name if patch.first_name is None else patch.first_name
    contact.last_name = contact.last_name if patch.last_name is None else patch.last_name
    if patch.name is None and (patch.first_name is not None or patch.last_name is not None):
        patch = replace(patch, name=full_name(contact.first_name, contact.last_name))
    edit_shared(account, contact, patch, stamp)
    moved_from = old_responsible if old_responsible != contact.responsible_user_id else None
    if moved_from is not None:
        account.changes.append(Change("contacts", "responsible", contact.id, old_responsible_user_id=moved_from))
    account.changes.append(Change("contacts", "update", contact.id, old_responsible_user_id=moved_from))


def full_name(first: str | None, last: str | None) -> str:
    """The name shown when only its parts are given."""
    return " ".join(part for part in (first, last) if part)
