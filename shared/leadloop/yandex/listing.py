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
    offset = 0
    for _ in range(_PAGES):
        page = read_page(page_size, offset)
        if seen and page and page[0].id not in seen:
            raise _Rearranged
        fresh = [row for row in page if row.id not in seen]
        if not fresh:
            # An empty page beyond the end would also follow if rows had gone; then the overlap is missing.
            if seen and not page:
                raise _Rearranged
            return tuple(seen.values())
        seen |= {row.id: row for row in fresh}
        offset += len(page) - 1
    raise OutcomeUnknown(VENDOR, "uploadings", f"the list did not end within {_PAGES} pages")
