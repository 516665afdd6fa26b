"""A zip whose bytes follow from the names and contents in it and from nothing else.

No clock, no owner, no permissions of a file system; stored, not deflated, because zlib and its drop-in replacements
make different bytes of the same text.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from zipfile import ZIP_STORED, ZipFile, ZipInfo

_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first moment a zip can tell."""

_UNIX = 3
_READABLE_FILE = 0o100644 << 16


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """The zip of these files, each named by its path in the zip, in the order of the names."""
    written = io.BytesIO()
    with ZipFile(written, "w", ZIP_STORED) as archive:
        for name in sorted(files):
            archive.writestr(_entry(name), files[name])
    return written.getvalue()


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, _EARLIEST)
    entry.create_system = _UNIX
    entry.external_attr = _READABLE_FILE
    return entry
