"""The ``Submission``: what of a form post may travel, by the contacts mode of the policy.

``none`` takes no contact in any form. ``hash`` takes ready keys, and raw contacts only where they may be
hashed on the spot. ``keep`` hashes them and seals them. Everything else crosses by an allow-list.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from leadloop import timestamps
from leadloop.digests import text_digest
from leadloop.forms.field_names import mapped, role_of
from leadloop.forms.form_post import FormPost
from leadloop.forms.sender import NOBODY, Sender, looks_made_up
from leadloop.forms.sieve import Sieve
from leadloop.forms.test_codes import PARAMETER, read_code
from leadloop.identity import normalise
from leadloop.identity.ad_ids import is_nothing, read_ad_ids
from leadloop.identity.contact import Contact
from leadloop.identity.contact_signs import looks_like_contact
from leadloop.identity.keys import ContactHash, ContactKind, KeyRing
from leadloop.identity.shared_contacts import shared_contacts
from leadloop.policy import ContactMode, Policy

MAX_SUBMISSION_ID = 128
_ADDRESSES = ("page", "landing", "referrer", "first_landing", "first_referrer")
_READY: Mapping[ContactKind, str] = {"phone": "phone_key", "email": "email_key"}
"""The role of a key that the sender made, of each kind of contact."""
_TAKES_NO_CONTACTS = "contacts.mode `none` takes no contacts"
_NO_KEY_OF_MESSENGERS = "a name in a messenger has no keyed hash; only contacts.mode `keep` takes it, sealed"
_ONE_OF_SEVERAL = "given several times: the first that can be read was taken"
_NO_TEST_OF_OURS = "no code of `leadloop test-lead` that is good now: taken for a lead like any other"
_ONLY_READY_KEYS = "a raw contact may not come here in contacts.mode `hash`; send phone_key or email_key"


class Circumstances(NamedTuple):
    """Under which rules and when a form post is read."""

    policy: Policy
    ring: KeyRing
    received_at: datetime
    hashes_here: bool
    """Whether a raw contact may be hashed on the spot: on one machine, or with transit allowed."""
    foreign_origin: bool = False
    sender: Sender = NOBODY


class Reduced(NamedTuple):
    """What of a form post may travel."""

    lead_id: str
    left_out: dict[str, str]
    """What may not, by field, with the reason."""
    submission: dict[str, object]
    """All of it: the fields of a ``Submission`` as JSON has them."""


def reduce(post: FormPost, read: Circumstances) -> Reduced:
    """What of the post may travel. Never raises for what a visitor or a builder sent.

    The lead's id follows from the submission id and the content, so that the same id under another
    phone is another lead; without one, from the content and the minute.
    """
    policy, sieve = read.policy, Sieve(post.fields.left_out)
    contacts = _contact_keys(post, read, sieve)
    ids = read_ad_ids(post.ad_ids)
    form = sieve.text("form", post.first("form"))
    fields = sieve.texts("", mapped(post.fields.values, policy.site.mapped_fields))
    submission_id = _submission_id(post, read.ring, sieve)
    trial = _trial(post, read, sieve) if "page" in post.offered else None
    # Under the oldest key: a key added to the ring must not give the same form another fingerprint.
    named_by = sorted([keys[-1].id for keys in contacts])
    # Without a contact the click, or else the ClientID, tells two visitors of one cached page apart. The click goes
    # first: it is known at once, while a form may be sent again only because the ClientID came late.
    named_by = named_by or [ids.found.get("yclid") or ids.found.get("client_id") or ""]
    fingerprint = text_digest("fingerprint", form, named_by, fields)
    if submission_id:
        lead_id = text_digest("lead", submission_id, fingerprint)
    else:
        lead_id = _id_without_submission_id(post, read, form, named_by)
    at = timestamps.to_text(read.received_at)
    submission: dict[str, object] = {
        "lead_id": lead_id,
        "submission_id": submission_id,
        "fingerprint": fingerprint,
        "form": form,
        "occurred_at": at,
        "received_at": at,
        "ids": ids.found,
        "rejected_ids": ids.rejected,
        "utm": sieve.texts("", post.utm),
        "keys": [key._asdict() for keys in contacts for key in keys],
        "contact_sealed": _sealed_contact(post, policy),
        "fields": fields,
        "bot_signs": _bot_signs(post, read),
        "left_out": sieve.left_out,
    }
    if read.sender.network is not None:
        submission |= {"network": read.sender.network, "device": read.sender.device}
    if trial is not None:
        submission["trial"] = trial
    if policy.fraud.weights.phone_block and (block := _phone_block(post, read)):
        submission["phone_block"] = block
    if (user_id := ids.found.get("user_id")) and read.ring.signed(user_id, post.first("user_key")):
        submission["user_id_signed"] = True
    for role in _ADDRESSES:
        if role in post.offered:
            submission[role] = sieve.address(role, post.url(role), policy.site.url_params)
    return Reduced(lead_id, sieve.left_out, submission)


def _trial(post: FormPost, read: Circumstances, sieve: Sieve) -> str | None:
    """The test that the post was sent for, by the code in the address of its page."""
    code = post.url("page").query.get(PARAMETER)
    if code is None:
        return None
    trial = read_code(read.ring, code, read.received_at)
    if trial is None:
        sieve.left_out[PARAMETER] = _NO_TEST_OF_OURS
    return trial


def _contact_keys(post: FormPost, read: Circumstances, sieve: Sieve) -> list[tuple[ContactHash, ...]]:
    """The keys of each contact, newest first."""
    if read.policy.contacts.mode is not ContactMode.KEEP and post.first("messenger"):
        sieve.left_out["messenger"] = _NO_KEY_OF_MESSENGERS
    if read.policy.contacts.mode is ContactMode.NONE:
        sieve.left_out |= {kind: _TAKES_NO_CONTACTS for kind in _READY if post.first(kind) or post.first(_READY[kind])}
        return []
    may_hash = read.hashes_here or read.policy.contacts.mode is ContactMode.KEEP
    contacts: dict[ContactHash, tuple[ContactHash, ...]] = {}
    shared = _shared_keys(read) if read.policy.identity.shared else frozenset()
    for kind, role in _READY.items():
        if role in post.offered and (key := read.ring.ready_key(kind, post.first(role))) and key not in shared:
            contacts[key] = (key,)
        if kind not in post.offered:
            continue
        if not may_hash:
            sieve.left_out[kind] = _ONLY_READY_KEYS
        else:
            typed = _normalised(kind, post, read.policy)
            if not_taken := _not_taken(typed, post.offered[kind]):
                sieve.left_out[kind] = not_taken
            for value in typed.values:
                keys = read.ring.keys_of(kind, value)
                if keys[0] not in shared:
                    contacts[keys[0]] = keys
    return list(contacts.values())


def _not_taken(typed: normalise.Normalised, offered: tuple[str, ...]) -> str:
    """Why something that was offered is no contact of the lead, if anything is not."""
    if typed.refused:
        return typed.refused[0].reason
    return _ONE_OF_SEVERAL if len(set(offered)) > 1 else ""


def _phone_block(post: FormPost, read: Circumstances) -> str | None:
    """What numbers of one thousand have in common: a farm of phones counts through them."""
    policy = read.policy
    may_hash = read.hashes_here or policy.contacts.mode is ContactMode.KEEP
    if policy.contacts.mode is ContactMode.NONE or not may_hash or not post.first("phone"):
        return None
    listed = shared_contacts(policy.identity.shared, policy.site.default_region) if policy.identity.shared else ()
    phones = [phone for phone in _normalised("phone", post, policy).values if phone not in listed]
    return read.ring.keyed_digest(b"phone_block", phones[0][:-3].encode()) if phones else None


def _shared_keys(read: Circumstances) -> frozenset[ContactHash]:
    """Keys of contacts that the policy names as nobody's own: the lead goes without, and joins nobody by them."""
    contacts = shared_contacts(read.policy.identity.shared, read.policy.site.default_region)
    kinds: tuple[tuple[ContactKind, str], ...] = tuple(("email" if "@" in one else "phone", one) for one in contacts)
    return frozenset(key for kind, one in kinds for key in read.ring.keys_of(kind, one))


def _normalised(kind: ContactKind, post: FormPost, policy: Policy) -> normalise.Normalised:
    """The contacts in the first field of this kind that can be read; if none can, what is said of the first."""
    first, *others = post.offered.get(kind, ("",))
    found = _contacts_in(kind, first, policy)
    if found.values or not others:
        return found
    return next((other for typed in others if (other := _contacts_in(kind, typed, policy)).values), found)


def _contacts_in(kind: ContactKind, typed: str, policy: Policy) -> normalise.Normalised:
    return normalise.phones(typed, policy.site.default_region) if kind == "phone" else normalise.emails(typed)


def _sealed_contact(post: FormPost, policy: Policy) -> str | None:
    if policy.contacts.mode is not ContactMode.KEEP:
        return None
    typed = {kind: post.first(kind)[: normalise.MAX_TYPED] for kind in _READY}
    phones = _normalised("phone", post, policy).values if typed["phone"] else ()
    emails = _normalised("email", post, policy).values if typed["email"] else ()
    contact = Contact(
        name=post.first("name")[:200],
        phones=phones or tuple(filter(None, [typed["phone"]])),
        emails=emails or tuple(filter(None, [typed["email"]])),
        messengers=tuple([name[: normalise.MAX_TYPED] for name in post.offered.get("messenger", ())]),
        comment=post.first("comment")[:4000],
    )
    return contact.sealed(policy.contacts.public_key) if contact else None


def _submission_id(post: FormPost, ring: KeyRing, sieve: Sieve) -> str | None:
    """The sender's id; one that is too long or reads like a contact is replaced by a keyed digest of itself."""
    for given in post.offered.get("submission_id", ()):
        if not is_nothing(given):
            break
    else:
        return None
    if len(given) <= MAX_SUBMISSION_ID and not looks_like_contact(given):
        return given
    sieve.left_out["submission_id"] = "too long, or looked like a contact: a keyed digest stands for it"
    return ring.keyed_digest(b"submission_id", given.encode())


def _id_without_submission_id(post: FormPost, read: Circumstances, form: str, named_by: list[str]) -> str:
    # Fields as they came, for what a builder's file reads nothing from tells two people apart all the same; but not
    # bytes: a double click sends another multipart boundary and another fill time.
    content = sorted([*path, value] for path, value in post.sent.items() if role_of(path) != "fill_seconds")
    minute = timestamps.to_text(read.received_at)[:16]
    parts = ("lead", form, json.dumps(named_by), json.dumps(content), minute)
    return read.ring.keyed_digest(*(part.encode() for part in parts))


def _bot_signs(post: FormPost, read: Circumstances) -> dict[str, object]:
    """The fields of ``BotSigns``, those that say anything."""
    offered, signs = post.offered, dict[str, object]()
    if "honeypot" in offered:
        signs["honeypot_filled"] = True
    if "fill_seconds" in offered and (seconds := _fill_seconds(post.first("fill_seconds"))) is not None:
        signs["fill_seconds"] = seconds
    if read.foreign_origin:
        signs["foreign_origin"] = True
    if read.sender.is_automation:
        signs["automation"] = True
    if "phone" in offered and read.policy.contacts.mode is not ContactMode.NONE and looks_made_up(post.first("phone")):
        signs["phone_pattern"] = True
    return signs


def _fill_seconds(text: str) -> float | None:
    try:
        seconds = float(text.replace(",", "."))
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and 0 <= seconds <= 1_000_000 else None
