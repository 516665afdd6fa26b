"""Does a text that should hold no contact hold one? People put phones into UTM tags and e-mails into paths."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

# The three that decide are compiled at their first use: few texts come so far.
_EMAIL = r"[^\s@/=&?]@[^\s@/=&?]+\.[^\s@/=&?]{2,}"
_GAP = r"[\s().\-–—_]{0,3}"
_RUSSIAN = (
    rf"(?<![\d.])(?:\+?7|8)?{_GAP}9\d\d{_GAP}\d{{3}}{_GAP}\d\d{_GAP}\d\d(?!\d)"
    rf"|(?<![\d.])(?:\+?7|8){_GAP}[348]\d\d{_GAP}\d{{3}}{_GAP}\d\d{_GAP}\d\d(?!\d)"
)
_INTERNATIONAL = rf"\+{_GAP}\d(?:{_GAP}\d){{8,14}}"
_NINE_DIGITS = re.compile(rf"(?:[0-9]{_GAP}){{8}}[0-9]")
"""The fewest that a pattern above is content with."""
_AS_IT_READS = re.compile(r"[\x00-\x7f\u0400-\u04ff]*")
"""Latin and Cyrillic, of which no letter has another form."""
_LONGEST_BARE = 11
"""Digits of a phone with nothing before, between or behind them; a ClientID or a click id has more."""


def looks_like_contact(text: str) -> bool:
    """Whether a text reads like a phone or an e-mail, percent-encoded or not.

    Stricter towards privacy than towards tags: a bare ten-digit number that begins with 9 counts as a
    phone even though some ad system might number something so.
    """
    if "%" in text:
        readings = {_plain(reading) for reading in (text, unquote(text), unquote(unquote(text)))}
        return any(map(_reads_like_contact, readings))
    if not text.isascii() and _AS_IT_READS.fullmatch(text) is None:
        return _reads_like_contact(_plain(text))
    if text.isdecimal() and len(text) > _LONGEST_BARE:
        return False
    may_be = "@" in text or _NINE_DIGITS.search(text) is not None
    return may_be and _reads_like_contact(text)


def _reads_like_contact(text: str) -> bool:
    return any(re.search(pattern, text) is not None for pattern in (_EMAIL, _RUSSIAN, _INTERNATIONAL))


def _plain(text: str) -> str:
    """Full-width digits and signs as usual ones, without characters that nobody sees."""
    if text.isascii():
        return text
    wide = unicodedata.normalize("NFKC", text)
    return "".join(letter for letter in wide if unicodedata.category(letter) != "Cf")
