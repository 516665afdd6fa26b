"""The body of an outside verdict: one JSON object, whichever service it is from.

    {"provider": "adjust", "verdict": "fraud", "reason": "anonymous_traffic", "detected_at": "2026-10-05T09:00:00Z",
     "verdict_id": "r-1", "reattributed_to": "organic", "subject": {"client_id": "1700000000123456789"}}

``subject`` says whom it is about by any ids that leads are known by; it may hold others. Fields that are not named here
are passed over. Ids are texts; advertising ids of nothing but zeros belong to thousands of people and to nobody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import cast, get_args

from leadloop import timestamps
from leadloop.identity.ad_ids import is_nothing, read_ad_ids
from leadloop.identity.contact_signs import looks_like_contact
from leadloop.json_types import JsonObject
from leadloop.messages import VerdictReceived

AD_IDS = ("client_id", "yclid", "user_id", "appmetrica_device_id")
"""Kinds of ids by which leads are found, as they are written among a lead's weak ids."""

SUBJECTS = ("lead_id", "submission_id", "deal_id", *AD_IDS)
"""Every kind of id by which leads are found."""

_DEVICE_IDS = frozenset(
    {
        *("google_aid", "gaid", "advertising_id", "gps_adid", "android_id", "huawei_oaid", "oaid", "windows_aid"),
        *("ios_ifa", "idfa", "ios_ifv", "idfv", "adid", "appsflyer_id", "installation_id"),
    }
)
"""How AppMetrica, AppsFlyer and Adjust call advertising ids and their own ids of devices: no form sends one, so no lead
is known by one."""

_VERDICTS = get_args(VerdictReceived.model_fields["verdict"].annotation)
_AHEAD = timedelta(minutes=5)
_PROVIDER = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_LONGEST = 128
_LEAD_ID = re.compile(r"[0-9a-z][0-9a-z_-]{0,63}")
_DIGITS = re.compile(r"[0-9]{1,20}")
_ZEROS = re.compile(r"[0-]+")
_CONTACT = "looked like a contact"


class VerdictUnclear(ValueError):
    """A body says no verdict; the reason never quotes it."""


def read_verdict(body: bytes, now: datetime) -> JsonObject:
    """The fields of a ``VerdictReceived`` that the body says. Raises ``VerdictUnclear`` naming what is at fault."""
    told = _object(body)
    provider, verdict = _text(told, "provider").lower(), _text(told, "verdict").lower() or "unknown"
    if _PROVIDER.fullmatch(provider) is None:
        raise VerdictUnclear("provider: expected the service's name, at most 64 Latin letters, digits, -, _ and .")
    if verdict not in _VERDICTS:
        raise VerdictUnclear(f"verdict: expected one of {', '.join(_VERDICTS)}, or none beside a reason")
    reason, verdict_id = _harmless(_text(told, "reason")), _text(told, "verdict_id")
    if verdict == "unknown" and not reason and "verdict" not in told:
        raise VerdictUnclear("expected a verdict or a reason, found neither")
    return {
        "provider": provider,
        "verdict": verdict,
        "reason": reason,
        "detected_at": timestamps.to_text(_instant(told.get("detected_at"), now)),
        "verdict_id": "" if looks_like_contact(verdict_id) else verdict_id,
        "reattributed_to": _harmless(_text(told, "reattributed_to")),
        "subject": {**_subject(told.get("subject"))},
    }


def _object(body: bytes) -> Mapping[str, object]:
    try:
        told = json.loads(body, parse_float=str)
    except (ValueError, RecursionError):
        raise VerdictUnclear("expected a JSON object in UTF-8, found something else") from None
    if not isinstance(told, dict):
        raise VerdictUnclear("expected a JSON object, found another kind of JSON")
    return cast("Mapping[str, object]", told)


def _text(told: Mapping[str, object], name: str) -> str:
    value = told.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > _LONGEST or not value.isprintable():
        raise VerdictUnclear(f"{name}: expected a text of at most {_LONGEST} characters on one line")
    return value.strip()


def _instant(value: object, now: datetime) -> datetime:
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            found = timestamps.from_unix(value)
        else:
            found = timestamps.from_text(str(value))
    except (ValueError, OverflowError, OSError):
        raise VerdictUnclear("detected_at: expected ISO 8601 with a time zone, or Unix seconds") from None
    if found > now + _AHEAD:
        raise VerdictUnclear("detected_at: expected a time that has come, found one in the future")
    return found


def _subject(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise VerdictUnclear("subject: expected an object of ids by kind")
    offered = {str(kind).lower(): _id_text(str(kind), id_) for kind, id_ in value.items()}
    known = read_ad_ids({kind: (offered[kind],) for kind in AD_IDS if kind in offered}).found
    if _LEAD_ID.fullmatch(lead_id := offered.get("lead_id", "").lower()):
        known["lead_id"] = lead_id
    if (id_ := offered.get("submission_id", "")) and not is_nothing(id_) and not looks_like_contact(id_):
        known["submission_id"] = id_
    if _DIGITS.fullmatch(deal := offered.get("deal_id", "")):
        known["deal_id"] = deal
    known = {kind: id_ for kind, id_ in known.items() if _ZEROS.fullmatch(id_) is None}
    if not known:
        found = ", ".join(sorted(kind for kind in offered if re.fullmatch(r"[a-z_]{1,40}", kind))) or "none"
        expected = f"at least one of {', '.join(SUBJECTS)} in its right form"
        devices = " and ".join(sorted(offered.keys() & _DEVICE_IDS)) if offered.keys().isdisjoint(SUBJECTS) else ""
        alone = f"; no lead carries {devices}, send appmetrica_device_id or user_id with it" if devices else ""
        raise VerdictUnclear(f"subject: expected {expected}, by which leads are known; found {found}{alone}")
    return known


def _id_text(kind: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or len(value) > _LONGEST or not value.isprintable():
        raise VerdictUnclear(f"subject.{_name(kind)}: expected a text of at most {_LONGEST} characters on one line")
    return value.strip()


def _name(kind: str) -> str:
    return kind[:40] if kind.isprintable() else "?"


def _harmless(text: str) -> str:
    return _CONTACT if looks_like_contact(text) else text
