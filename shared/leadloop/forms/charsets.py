"""Text out of bytes whose charset is declared, marked, or only guessed."""

from __future__ import annotations

import codecs
from functools import lru_cache

_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_ANY_MARK = tuple(_MARKS)


def decode(content: bytes, declared: str = "", sample: bytes | None = None) -> str:
    """The text of the bytes: by byte order mark, else as declared, else UTF-8, else Windows-1251.

    A charset that does not fit is passed over; the last never fails, so neither does this. With
    ``sample`` the choice is made by a larger piece, so that all parts of a page are read alike.
    """
    if content.startswith(_ANY_MARK):
        return content.decode(next(_MARKS[mark] for mark in _MARKS if content.startswith(mark)), "replace")
    for charset in _candidates(declared):
        try:
            if sample is not None:
                sample.decode(charset)
            return content.decode(charset)
        except (UnicodeError, ValueError):
            continue
    return content.decode("cp1251", "replace")


def clean_text(text: str) -> str:
    """Text that every store and message can hold: no NUL, no half of a surrogate pair."""
    whole = text.replace("\x00", "") if "\x00" in text else text
    return whole if whole.isascii() else whole.encode("utf-8", "replace").decode()


@lru_cache(maxsize=64)
def _candidates(declared: str) -> tuple[str, ...]:
    """Charsets to try. Python also calls base64, rot13 and escapes codecs; a page does not."""
    try:
        known = codecs.lookup(declared).name if declared else ""
    except (LookupError, ValueError):
        known = ""
    pages = known.startswith(("cp", "iso8859", "koi8", "windows", "mac-", "latin", "utf-16", "ascii"))
    return (known, "utf-8") if pages else ("utf-8",)
