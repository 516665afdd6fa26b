"""The list of uploadings read to the end, although rows may come in while it is being read.

The order of the list is not documented. Each page therefore begins with the last row of the page before it: rows
that come in at the front only repeat some, rows that come in at the back are read later, and a page that does not
begin with a row already seen shows that the list was rearranged, so it is read again from the start.
"""

from __future__ import annotations

from collections.abc import Callable

from leadloop.ports.http import OutcomeUnknown
from leadloop.yandex.metrica_errors import VENDOR
from leadloop.yandex.uploading import Uploading

Listing = tuple[Uploading, ...]
ReadPage = Callable[[int, int], list[Uploading]]
"""(limit, offset) → a page; the first row has the number 0."""

_READINGS = 3
_PAGES = 1000
_STALE_PAGES = 3
"""A vendor that ignores ``offset`` gives the same page for ever; so many times is enough to see that."""


class _Rearranged(Exception):
    """A page did not continue the one before."""


def read_to_the_end(read_page: ReadPage, page_size: int) -> Listing:
    """All rows, each once. Raises ``OutcomeUnknown`` when the list does not hold still long enough to be complete."""
    for _ in range(_READINGS):
        try:
            return _read_once(read_page, page_size)
        except _Rearranged:
            continue
    raise OutcomeUnknown(VENDOR, "uploadings", f"the list changed its order during each of {_READINGS} readings")


def _read_once(read_page: ReadPage, page_size: int) -> Listing:
    seen: dict[str, Uploading] = {}
    offset = stale = 0
    for _ in range(_PAGES):
        page = read_page(page_size, offset)
        if seen and (not page or page[0].id not in seen):
            raise _Rearranged
        known = len(seen)
        seen |= {row.id: row for row in page}
        stale = stale + 1 if len(seen) == known else 0
        # A page may be shorter than asked for; only one that holds nothing but the overlap is the last.
        if (len(page) <= 1 and stale) or stale == _STALE_PAGES:
            return tuple(seen.values())
        offset += len(page) - 1
    raise OutcomeUnknown(VENDOR, "uploadings", f"the list did not end within {_PAGES} pages")
