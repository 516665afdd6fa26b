"""The ``Submission``: what of a form post may travel, by the contacts mode of the policy.

``none`` takes no contact in any form. ``hash`` takes ready keys, and raw contacts only where they may be
hashed on the spot. ``keep`` hashes them and seals them. Everything else crosses by an allow-list.
"""

from __future__ import annotations

import json
import math
from datetime import datetime
from typing import NamedTuple

from leadloop import timestamps
from leadloop.digests import text_digest
from leadloop.forms.contacts import READY, ContactRules, contact_keys, read_contacts
from leadloop.forms.field_names import mapped, role_of
from leadloop.forms.form_post import FormPost
from leadloop.forms.sender import NOBODY, Sender, looks_made_up
from leadloop.forms.sieve import Sieve
from leadloop.forms.test_codes import PARAMETER, read_code
from leadloop.identity import normalise
from leadloop.identity.ad_ids import is_nothing, read_ad_ids
from leadloop.identity.contact import Contact
from leadloop.identity.contact_signs import looks_like_contact
from leadloop.identity.keys import ContactHash, KeyRing
from leadloop.identity.shared_contacts import shared_contacts
from leadloop.policy import ContactMode, Policy

MAX_SUBMISSION_ID = 128
_ADDRESSES = ("page", "landing", "referrer", "first_landing", "first_referrer")
_NO_KEY_OF_MESSENGERS = "a name in a messenger has no keyed hash; only contacts.mode `keep` takes it, sealed"
_NO_TEST_OF_OURS = "no code of `leadloop test-lead` that is good now: taken for a lead like any other"


class Circumstances(NamedTuple):
    """Under which rules and when a form post is read."""

    policy: Policy
    ring: KeyRing
    received_at: datetime
    hashes_here: bool
    """Whether a raw contact may be hashed on the spot: on one machine, or with transit allowed."""
    foreign_origin: bool = False
    sender: Sender = NOBODY

    @property
    def rules(self) -> ContactRules:
        """Under which contacts are taken."""
        return ContactRules(self.policy, self.ring, self.hashes_here)


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
    return contact_keys(post.offered, read.rules, sieve.left_out)


def _phone_block(post: FormPost, read: Circumstances) -> str | None:
    """What numbers of one thousand have in common: a farm of phones counts through them."""
    policy = read.policy
    if not read.rules.hashes or not post.first("phone"):
        return None
    listed = shared_contacts(policy.identity.shared, policy.site.default_region) if policy.identity.shared else ()
    phones = [phone for phone in read_contacts("phone", post.offered["phone"], policy).values if phone not in listed]
    return read.ring.keyed_digest(b"phone_block", phones[0][:-3].encode()) if phones else None


def _sealed_contact(post: FormPost, policy: Policy) -> str | None:
    if policy.contacts.mode is not ContactMode.KEEP:
        return None
    typed = {kind: post.first(kind)[: normalise.MAX_TYPED] for kind in READY}
    phones = read_contacts("phone", post.offered["phone"], policy).values if typed["phone"] else ()
    emails = read_contacts("email", post.offered["email"], policy).values if typed["email"] else ()
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
