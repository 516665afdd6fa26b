"""Links between a lead and its contacts and company."""

from .account import Account, Change
from .entities import Contact, Entity, Lead, Stamp
from .shared_edits import feed_key


def link_contact(account: Account, lead: Lead, contact: Contact, stamp: Stamp, *, is_main: bool = False) -> None:
    """Adds a contact; the first one, and one linked as main, stands first. Linking twice only moves it."""
    is_new = contact.id not in lead.contact_ids
    others = [one for one in lead.contact_ids if one != contact.id]
    lead.contact_ids = [contact.id, *others] if is_main else [*others, contact.id]
    if is_new:
        _record_link(account, lead, contact, stamp)


def link_company(account: Account, lead: Lead, company: Contact, stamp: Stamp) -> None:
    """A lead has one company; another replaces it."""
    if lead.company_id != company.id:
        lead.company_id = company.id
        _record_link(account, lead, company, stamp)


def unlink_contact(account: Account, lead: Lead, contact: Contact, stamp: Stamp) -> None:
    """Takes a contact away; harmless when it was not linked."""
    if contact.id not in lead.contact_ids:
        return
    lead.contact_ids.remove(contact.id)
    for one, other in ((lead, contact), (contact, lead)):
        account.feed.write("entity_unlinked", feed_key(one), stamp, [_link("unlink", other)], ())
    _touch(account, lead, contact, stamp)


def _record_link(account: Account, lead: Lead, contact: Contact, stamp: Stamp) -> None:
    for one, other in ((lead, contact), (contact, lead)):
        account.feed.write("entity_linked", feed_key(one), stamp, (), [_link("link", other)])
    _touch(account, lead, contact, stamp)


def _touch(account: Account, lead: Lead, contact: Contact, stamp: Stamp) -> None:
    for entity in (lead, contact):
        entity.touch(Stamp(max(stamp.at, entity.updated_at), stamp.by))
    account.changes.append(Change("contacts", "update", contact.id))
    account.changes.append(Change("leads", "update", lead.id))


def _link(word: str, other: Entity) -> dict[str, object]:
    entity_type, entity_id = feed_key(other)
    return {word: {"entity": {"type": entity_type, "id": entity_id}}}
