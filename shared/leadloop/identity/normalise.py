"""One written form for every phone and e-mail, so that equal contacts are equal texts.

The form is part of every key: change anything here that changes a result, and ``NORMALISER`` must
change with it, or old and new keys of one contact will not meet.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from leadloop.verdict import Verdict

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

NORMALISER = "n1"

MAX_TYPED = 300
"""Characters of a contact field that are looked at; a longer one is a text, not a contact."""

_NOT_REPEATED = "a number whose digits after the first are all one digit, or count up or down, is nobody's"
_COUNTING = ("123456789", "987654321", "012345678", "234567890", "876543210")
_RUSSIAN_MOBILE = re.compile(
    r"(?:\+7|[78])?[ -]?\(?(9(?:[0-24-9][0-9]|3[1-9]))\)?[ -]?([0-9]{3})[ -]?([0-9]{2})[ -]?([0-9]{2})"
)
"""The usual ways to write one, for which ``phonenumbers`` takes 50 µs and finds the same, and 40 ms to be loaded.

All of 9xx is in use but parts of 930: those are left to the library."""
_SEPARATORS = re.compile(r"[\s,;|]+")
_LOCAL_PART = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,64}")
_DOMAIN = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{2,59})")
_TYPED_FOR_TESTING = frozenset({"test", "no", "none", "net", "email", "mail", "a", "aa", "aaa", "qwe"})


class _Number(NamedTuple):
    country: str
    national: str


class Normalised(NamedTuple):
    """What a field held: contacts in their one written form, and why the rest is not a contact."""

    values: tuple[str, ...] = ()
    refused: tuple[Verdict, ...] = ()


def phones(typed: str, region: str) -> Normalised:
    """The phone numbers a person typed into one field, in E.164 (``+79990000003``), in order, once each.

    A number without a country code is read as one of ``region``. What is not a valid number, and a
    number typed only to fill the field (+79999999999), is refused with the reason.
    """
    text = _plain(typed)
    mobile = _RUSSIAN_MOBILE.fullmatch(text) if region == "RU" else None
    found = [_Number("+7", "".join(mobile.groups()))] if mobile else _numbers(text, region)
    if not found:
        return Normalised((), (Verdict(False, "phone.not_a_number", "no valid phone number in the field"),))
    values: dict[str, None] = {}
    refused = []
    for number in found:
        if len(set(number.national[1:])) == 1 or number.national[1:].startswith(_COUNTING):
            refused.append(Verdict(False, "phone.placeholder", _NOT_REPEATED))
        else:
            values[f"{number.country}{number.national}"] = None
    return Normalised(tuple(values), tuple(refused))


def emails(typed: str) -> Normalised:
    """The e-mail addresses in one field: case-folded, the domain in its IDNA form, once each."""
    values: dict[str, None] = {}
    refused = []
    for piece in filter(None, _SEPARATORS.split(_plain(typed))):
        address = _address(piece)
        if address is None:
            continue
        local, _, domain = address.partition("@")
        if local in _TYPED_FOR_TESTING and domain.partition(".")[0] in _TYPED_FOR_TESTING:
            refused.append(Verdict(False, "email.placeholder", "an address such as test@test.ru is nobody's"))
        else:
            values[address] = None
    if not values and not refused:
        refused.append(Verdict(False, "email.not_an_address", "no valid e-mail address in the field"))
    return Normalised(tuple(values), tuple(refused))


def _plain(typed: str) -> str:
    return unicodedata.normalize("NFKC", typed[:MAX_TYPED]).strip()


def _numbers(text: str, region: str) -> list[_Number]:
    import phonenumbers  # 40 ms that a usual mobile, or a post without a raw phone, does not pay

    found = [match.number for match in phonenumbers.PhoneNumberMatcher(text, region, max_tries=20)]
    if not found and (number := _whole(text, region)) is not None:
        found = [number]
    return [_Number(f"+{number.country_code}", phonenumbers.national_significant_number(number)) for number in found]


def _whole(text: str, region: str) -> PhoneNumber | None:
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _address(piece: str) -> str | None:
    text = piece.strip("<>()\"'.").casefold().removeprefix("mailto:")
    local, at, domain = text.rpartition("@")
    if not at or not _LOCAL_PART.fullmatch(local):
        return None
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return f"{local}@{ascii_domain}" if _DOMAIN.fullmatch(ascii_domain) else None
