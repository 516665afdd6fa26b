"""The JSON in which any system tells of a deal: docs/en/signed-webhooks.md describes it, with a schema.

A body tells the whole deal as it is now: of two the one with the later ``updated_at`` counts, and what it leaves out is
not there. Only the times at which statuses were entered add up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from leadloop import timestamps
from leadloop.crm.port import LONGEST_TEXT, SOURCE_FIELDS
from leadloop.crm.signed.members import Members
from leadloop.forms.contacts import READY, TAKES_NO_CONTACTS, ContactRules, contact_keys
from leadloop.identity.ad_ids import is_nothing, read_ad_ids
from leadloop.identity.contact_signs import looks_like_contact
from leadloop.identity.normalise import MAX_TYPED
from leadloop.policy import Policy

MOST_STATUSES = 100
"""Earlier statuses that one webhook may tell."""
_MOST_FILLED, _MOST_CONTACTS = 100, 10
_AD_IDS = ("client_id", "yclid", "gclid", "user_id")
_ID = re.compile(r"[0-9A-Za-zА-Яа-яЁё][0-9A-Za-zА-Яа-яЁё._:-]{0,63}")
_LEAD_ID = re.compile(r"[0-9a-f]{32}")
"""As ``digests.digest`` makes it: no other text may pass for one, a phone least of all."""
_NAME = re.compile(r"[^\s/](?:[^/]{0,98}[^\s/])?")
_KEY = re.compile(r"[0-9a-fA-F]{64}")
_AMOUNT = re.compile(r"[0-9]{1,13}(?:\.[0-9]{1,2})?")
_CONTACT = "looked like a phone or an e-mail, which may come only in `contact`"


class Told(NamedTuple):
    """What a body tells."""

    deal: dict[str, object]
    """The fields of a ``DealTold`` that are the sender's."""
    left_out: dict[str, str]
    """What may not travel, by member, with the reason."""
    ignored: list[str]
    """Members that nobody knows."""


def read_deal(body: bytes, policy: Policy, rules: ContactRules | None, now: datetime) -> Told:
    """What a body tells of a deal; ``rules`` is ``None`` where no contact is taken. Raises ``DealUnclear``."""
    told, left_out = Members.of(body), dict[str, str]()
    deal_id, is_deleted = _id(told, "deal_id", told.needed("deal_id")), told.flag("deleted")
    updated_at, status = told.instant("updated_at", now), told.inner("status")
    if status is None and not is_deleted:
        told.refuse("status", "expected an object, found none")
    deal: dict[str, object] = {
        "deal_id": deal_id,
        "created_at": timestamps.to_text(told.instant("created_at", now, updated_at if is_deleted else None)),
        "updated_at": timestamps.to_text(updated_at),
        "status": _entered(status, now) if status is not None else None,
        "history": [_entered(one, now) for one in told.several("history", MOST_STATUSES)],
        "price": _price(told, policy),
        **{name: _harmless(told, name, left_out) for name in ("loss_reason", "responsible")},
        "filled": _filled(told, policy),
        **_ids(told.inner("ids"), left_out),
        "source": _source(told, policy, left_out),
        "call_seconds": _seconds(told),
        "keys": _keys(told.inner("contact"), rules, left_out),
        "deleted": is_deleted,
        "merged_into": _merged_into(told, deal_id),
    }
    return Told(deal, left_out, told.ignored)


def _id(told: Members, name: str, given: str) -> str:
    # a number of ten or eleven digits may be an id like any other, and is taken for one
    if _ID.fullmatch(given) is None or (not given.isdecimal() and looks_like_contact(given)):
        told.refuse(name, "expected the system's own id: at most 64 letters and digits with ., _, : and - between them")
    return given


def _merged_into(told: Members, deal_id: str) -> str | None:
    if not (given := told.text("merged_into")):
        return None
    if given == deal_id:
        told.refuse("merged_into", "expected another deal, found the same")
    return _id(told, "merged_into", given)


def _entered(told: Members, now: datetime) -> dict[str, str]:
    names = {name: told.needed(name, 100) for name in ("pipeline", "status")}
    for name, given in names.items():
        if _NAME.fullmatch(given) is None or looks_like_contact(given):
            told.refuse(name, "expected a name of at most 100 characters without a slash, which is no contact")
    return {**names, "at": timestamps.to_text(told.instant("entered_at", now))}


def _price(told: Members, policy: Policy) -> int | None:
    price = told.inner("price")
    if price is None:
        return None
    amount, currency = price.needed("amount"), price.text("currency")
    if _AMOUNT.fullmatch(amount) is None:
        price.refuse("amount", "expected whole units, with a point before at most two digits of a fraction")
    if currency not in ("", policy.site.currency):
        price.refuse("currency", f"expected {policy.site.currency}, as in site.currency, found another")
    return int(Decimal(amount) * 100)


def _harmless(told: Members, name: str, left_out: dict[str, str]) -> str | None:
    given = told.text(name, 100)
    if looks_like_contact(given):
        left_out[name] = _CONTACT
        return None
    return given or None


def _filled(told: Members, policy: Policy) -> list[str]:
    """Those that the policy asks for: others say nothing, and their names may be anything."""
    asked = {*policy.qualification.fields.values()}
    return sorted(asked.intersection(told.texts("filled", _MOST_FILLED)))


def _ids(told: Members | None, left_out: dict[str, str]) -> Mapping[str, object]:
    if told is None:
        return {}
    read = read_ad_ids({name: (text,) for name in _AD_IDS if (text := told.text(name))})
    left_out |= {f"ids.{name}": reason for name, reason in read.rejected.items()}
    lead_id, submission_id = told.text("lead_id").lower(), told.text("submission_id")
    if lead_id and _LEAD_ID.fullmatch(lead_id) is None:
        left_out["ids.lead_id"] = "expected the id that leadloop gave the lead"
    if looks_like_contact(submission_id):
        left_out["ids.submission_id"] = _CONTACT
    return {
        "ids": read.found,
        "lead_id": lead_id if _LEAD_ID.fullmatch(lead_id) else None,
        "submission_id": None if is_nothing(submission_id) or looks_like_contact(submission_id) else submission_id,
    }


def _source(told: Members, policy: Policy, left_out: dict[str, str]) -> dict[str, str]:
    """Texts by ``SOURCE_FIELDS`` and ``created_by``, as they may rest."""
    given = told.inner("source")
    if given is None:
        return {}
    kept: dict[str, str] = {}
    for name in (*SOURCE_FIELDS, "created_by"):
        text = given.text(name, 2_000)
        if text and name == "called_number":
            kept[name] = _called(policy, text)
        elif looks_like_contact(text):
            left_out[f"source.{name}"] = _CONTACT
        elif text:
            kept[name] = text[:LONGEST_TEXT]
    return kept


def _called(policy: Policy, number: str) -> str:
    """One of the owner's numbers, or that it is none: anybody's may not travel."""
    from leadloop.crm.deal_signs import fit_to_rest  # only where somebody called

    return fit_to_rest(policy, "called_number", number)


def _seconds(told: Members) -> int | None:
    given = told.text("call_seconds")
    if given and (not given.isdecimal() or len(given) > 7):
        told.refuse("call_seconds", "expected whole seconds")
    return int(given) if given else None


def _keys(told: Members | None, rules: ContactRules | None, left_out: dict[str, str]) -> list[dict[str, str]]:
    if told is None:
        return []
    offered: dict[str, tuple[str, ...]]
    offered = {kind: texts for kind in READY if (texts := told.texts(kind, _MOST_CONTACTS, MAX_TYPED))}
    for role in READY.values():
        if ready := told.text(role):
            offered[role] = (ready if _KEY.fullmatch(ready) else told.refuse(role, "expected 64 hexadecimal digits"),)
    if rules is None:
        left_out |= {f"contact.{role}": TAKES_NO_CONTACTS for role in offered}
        return []
    not_taken = dict[str, str]()
    keys = contact_keys(offered, rules, not_taken)
    left_out |= {f"contact.{role}": reason for role, reason in not_taken.items()}
    return [key._asdict() for of_one in keys for key in of_one]
