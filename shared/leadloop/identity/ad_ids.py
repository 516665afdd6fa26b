"""Identifiers of ad systems, checked by pattern. They are strings from the first byte to the last.

A ClientID has up to 20 digits and a JavaScript number holds 15 to 17 of them, so an id that was ever a
number may be another visitor's. Sources of the forms: ClientID and ``_ym_uid``
https://yandex.com/support/metrica/en/objects/get-client-id (17 digits and more; its examples are shorter), ``yclid``
https://yandex.ru/support/direct/ru/statistics/url-tags, AppMetrica device ids are unsigned 64-bit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from leadloop.identity.contact_signs import looks_like_contact
from leadloop.messages import AdIds
from leadloop.verdict import Verdict

_DIGITS = re.compile(r"[0-9]{1,20}")
_USUAL = re.compile(r"[1-9][0-9]{15,18}")
"""Right for every kind of id: longer than a phone, below 2^64."""
_SIGNS = re.compile(r"[\W_]+")
_FLOAT = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+|[+-]?\d+\.\d*")
_GROUPED = re.compile(r"\d{1,3}([\s,.'’_]\d{3})+")
_GCLID = re.compile(r"[A-Za-z0-9_-]{10,250}")
_USER_ID = re.compile(r"[^\s\x00-\x1f\x7f\"'<>;,]{1,128}")
_MACRO = re.compile(r"\{[^{}]*\}|%7[bB].*%7[dD]")
_NOTHING = frozenset({"", "null", "undefined", "none", "nan", "false", "0", "nil", "[object object]", "-"})
_AS_LONG_AS_A_PHONE = range(12, 16)
"""Digits that a phone with its country code may have (ITU-T E.164) and a ClientID of Metrica never has; of fewer than
these ``looks_like_contact`` can tell."""
_UINT64 = 2**64
_EXACT_IN_JAVASCRIPT = 15
_IN_FORM = Verdict(True, "id.in_form", "has the right form")


class AdIdReading(NamedTuple):
    """The ids that stand, and of the others by name why they do not; never their values."""

    found: dict[str, str]
    """By the names of ``AdIds``."""
    rejected: dict[str, str]

    @property
    def ids(self) -> AdIds:
        """The ids that stand."""
        return AdIds(**self.found)


def read_ad_ids(offered: Mapping[str, tuple[str, ...]]) -> AdIdReading:
    """Take of each id the first candidate that has the right form.

    ``offered`` holds candidates by the names of ``AdIds``, the most trusted first. An id is rejected
    only when it was offered and no candidate would do.
    """
    found: dict[str, str] = {}
    rejected: dict[str, str] = {}
    for name, candidates in offered.items():
        reasons = []
        for candidate in candidates:
            value = candidate.strip()
            if _USUAL.fullmatch(value):
                found[name] = value
                break
            if is_nothing(value):
                continue
            verdict = _judge(name, value)
            if verdict:
                found[name] = value
                break
            reasons.append(verdict.reason)
        if name not in found and reasons:
            rejected[name] = reasons[0]
    return AdIdReading(found, rejected)


def is_nothing(value: str) -> bool:
    """Whether a field says that there is no value: empty, ``undefined``, or an unresolved ``{macro}``."""
    text = value.strip()
    return text.casefold() in _NOTHING or (text[0] in "{%" and _MACRO.fullmatch(text) is not None)


def looks_rounded(client_id: str) -> Verdict:
    """Whether an id may have been through a JavaScript number and lost its last digits.

    ``String(Number(id)) == id`` is certain for a rounded id and rare for an untouched one of 18 and more
    digits; it is a possible cause, not a proof.
    """
    if len(client_id) <= _EXACT_IN_JAVASCRIPT or not _DIGITS.fullmatch(client_id):
        return Verdict(False, "client_id.exact", "short enough to survive a JavaScript number")
    if _javascript_text(client_id) != client_id:
        return Verdict(False, "client_id.exact", "holds digits that a JavaScript number would have lost")
    return Verdict(True, "client_id.looks_rounded", "it reads as if it had been a JavaScript number; pass it as text")


def _javascript_text(digits: str) -> str:
    # Both languages print the shortest digits that read back as the same double; JavaScript pads them
    # with zeros up to 21 digits: https://tc39.es/ecma262/#sec-numeric-types-number-tostring
    return str(int(Decimal(repr(float(digits)))))


def _judge(name: str, value: str) -> Verdict:
    if looks_like_contact(value) or (name == "user_id" and _is_phone_between_signs(value)):
        return Verdict(False, "id.looks_like_contact", "looked like a phone or an e-mail, which is no id")
    if name == "gclid":
        return _by_pattern(_GCLID, value, "10 to 250 letters, digits, _ and -")
    if name == "user_id":
        return _by_pattern(_USER_ID, value, "up to 128 characters without spaces, quotes and separators")
    if name == "client_id" and len(value) in _AS_LONG_AS_A_PHONE and _DIGITS.fullmatch(value):
        return Verdict(False, "id.too_short", "expected 17 or more digits; so few may be a phone")
    return _decimal(value)


def _is_phone_between_signs(value: str) -> bool:
    """Whether digits of any script, with anything but letters between them, make a phone: ``8/999/123/45/67``."""
    digits = _SIGNS.sub("", value)
    return digits.isdecimal() and looks_like_contact("".join(str(int(digit)) for digit in digits))


def _by_pattern(pattern: re.Pattern[str], value: str, expected: str) -> Verdict:
    if pattern.fullmatch(value):
        return _IN_FORM
    return Verdict(False, "id.malformed", f"expected {expected}")


def _decimal(value: str) -> Verdict:
    if _DIGITS.fullmatch(value):
        if 0 < int(value) < _UINT64:
            return _IN_FORM
        if int(value) == 0:
            return Verdict(False, "id.zero", "expected a number above 0, which is nobody's id")
        return Verdict(False, "id.too_large", "expected a number below 2^64, found a larger one")
    if _FLOAT.fullmatch(value):
        return Verdict(False, "id.was_a_float", "came as a floating point number, digits are lost; pass it as text")
    if _GROUPED.fullmatch(value):
        return Verdict(False, "id.grouped", "came with thousands separators; pass it as text")
    return Verdict(False, "id.malformed", "expected 1 to 20 decimal digits")
