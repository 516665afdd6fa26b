"""Phones and e-mails of CRM contacts as keys, in the modes that allow it. What was read is never kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from leadloop.crm.port import ContactPoints
from leadloop.identity.keys import ContactKind, KeyRing
from leadloop.identity.normalise import emails, phones
from leadloop.identity.shared_contacts import shared_contacts
from leadloop.messages import ContactKey
from leadloop.policy import Policy


class KeysFound(NamedTuple):
    """Ids of contact keys."""

    every: frozenset[str]
    """Under every key of the ring: for looking up."""
    newest: tuple[str, ...]
    """Under the newest: for filing."""
    of_main: tuple[str, ...] = ()
    """Of these the main contact's."""


NO_KEYS = KeysFound(frozenset(), ())


def keys_of_deal(
    policy: Policy, ring: KeyRing, contact_ids: Sequence[str], found: Mapping[str, ContactPoints]
) -> KeysFound:
    """The keys of a deal's contacts, the main one first, as far as these were found."""
    every = keys_of(policy, ring, (found[one] for one in contact_ids if one in found))
    main = keys_of(policy, ring, (found[one] for one in contact_ids[:1] if one in found))
    return every._replace(of_main=main.newest)


def keys_told(keys: Sequence[ContactKey]) -> KeysFound:
    """Keys that a CRM told as such: all of the main contact, the first of them under the newest key."""
    newest = tuple(key.id for key in keys if key.key_id == keys[0].key_id)
    return KeysFound(frozenset(key.id for key in keys), newest, newest)


def keys_of(policy: Policy, ring: KeyRing, contacts: Iterable[ContactPoints]) -> KeysFound:
    """The keys of some contacts. What is not a phone or an e-mail gives none."""
    normalised: list[tuple[ContactKind, str]] = []
    for contact in contacts:
        region = policy.site.default_region
        normalised += [("phone", phone) for typed in contact.phones for phone in phones(typed, region).values]
        normalised += [("email", email) for typed in contact.emails for email in emails(typed).values]
    shared = shared_contacts(policy.identity.shared, policy.site.default_region) if policy.identity.shared else ()
    normalised = [(kind, value) for kind, value in normalised if value not in shared]
    rings = [ring.keys_of(kind, value) for kind, value in dict.fromkeys(normalised)]
    return KeysFound(frozenset(key.id for keys in rings for key in keys), tuple(keys[0].id for keys in rings))
