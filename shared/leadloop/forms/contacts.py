"""Which keys the contacts of a sender become, by the contacts mode of the policy, whoever the sender is.

``none`` takes no contact in any form. ``hash`` takes ready keys, and raw contacts only where they may be hashed on the
spot; ``keep`` hashes them wherever they come.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from leadloop.identity import normalise
from leadloop.identity.keys import ContactHash, ContactKind, KeyRing
from leadloop.identity.shared_contacts import shared_contacts
from leadloop.policy import ContactMode, Policy

if TYPE_CHECKING:
    from leadloop.runtime import Runtime

READY: Mapping[ContactKind, str] = {"phone": "phone_key", "email": "email_key"}
"""The role of a key that the sender made, of each kind of contact."""
TAKES_NO_CONTACTS = "contacts.mode `none` takes no contacts"
_ONE_OF_SEVERAL = "given several times: the first that can be read was taken"
_ONLY_READY_KEYS = "a raw contact may not come here in contacts.mode `hash`; send phone_key or email_key"


class ContactRules(NamedTuple):
    """Under which rules contacts are taken."""

    policy: Policy
    ring: KeyRing
    hashes_here: bool
    """Whether a raw contact may be hashed on the spot: on one machine, or with transit allowed."""

    @property
    def hashes(self) -> bool:
        """Whether a raw contact is hashed at all."""
        mode = self.policy.contacts.mode
        return mode is ContactMode.KEEP or (mode is ContactMode.HASH and self.hashes_here)


def may_hash_here(runtime: Runtime) -> bool:
    """Whether a raw contact may be hashed where this runs."""
    return runtime.policy.contacts.transit == "allowed" or "LEADLOOP_DATA" in runtime.environment


def contact_keys(
    offered: Mapping[str, tuple[str, ...]], rules: ContactRules, left_out: dict[str, str]
) -> list[tuple[ContactHash, ...]]:
    """The keys of each contact, newest first.

    ``offered``: what came, by role (``phone``, ``email``, ``phone_key``, ``email_key``). What is not taken is put down
    in ``left_out`` with the reason, never with the value.
    """
    if rules.policy.contacts.mode is ContactMode.NONE:
        left_out |= {
            kind: TAKES_NO_CONTACTS for kind, role in READY.items() if _first(offered, kind) or _first(offered, role)
        }
        return []
    contacts: dict[ContactHash, tuple[ContactHash, ...]] = {}
    shared = _shared_keys(rules) if rules.policy.identity.shared else frozenset()
    for kind, role in READY.items():
        if role in offered and (key := rules.ring.ready_key(kind, _first(offered, role))) and key not in shared:
            contacts[key] = (key,)
        if kind not in offered:
            continue
        if not rules.hashes:
            left_out[kind] = _ONLY_READY_KEYS
            continue
        typed = read_contacts(kind, offered[kind], rules.policy)
        if not_taken := _not_taken(typed, offered[kind]):
            left_out[kind] = not_taken
        for value in typed.values:
            keys = rules.ring.keys_of(kind, value)
            if keys[0] not in shared:
                contacts[keys[0]] = keys
    return list(contacts.values())


def read_contacts(kind: ContactKind, offered: tuple[str, ...], policy: Policy) -> normalise.Normalised:
    """The contacts in the first text that can be read; if none can, what is said of the first."""
    first, *others = offered or ("",)
    found = _contacts_in(kind, first, policy)
    if found.values or not others:
        return found
    return next((other for typed in others if (other := _contacts_in(kind, typed, policy)).values), found)


def _contacts_in(kind: ContactKind, typed: str, policy: Policy) -> normalise.Normalised:
    return normalise.phones(typed, policy.site.default_region) if kind == "phone" else normalise.emails(typed)


def _not_taken(typed: normalise.Normalised, offered: tuple[str, ...]) -> str:
    """Why something that was offered is no contact of the lead, if anything is not."""
    if typed.refused:
        return typed.refused[0].reason
    return _ONE_OF_SEVERAL if len(set(offered)) > 1 else ""


def _shared_keys(rules: ContactRules) -> frozenset[ContactHash]:
    """Keys of contacts that the policy names as nobody's own: the lead goes without, and joins nobody by them."""
    contacts = shared_contacts(rules.policy.identity.shared, rules.policy.site.default_region)
    kinds: tuple[tuple[ContactKind, str], ...] = tuple(("email" if "@" in one else "phone", one) for one in contacts)
    return frozenset(key for kind, one in kinds for key in rules.ring.keys_of(kind, one))


def _first(offered: Mapping[str, tuple[str, ...]], role: str) -> str:
    return offered[role][0] if offered.get(role) else ""
