"""``multipart/form-data`` (https://www.rfc-editor.org/rfc/rfc7578), as browsers and scripts write it.

The whole body is in memory and bounded, so it is simply cut at its boundary. Names and values stay
bytes: their charset is the page's, which only the whole form tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_BOUNDARY = re.compile(r"boundary\s*=\s*(?:\"([^\"\r\n]{1,200})\"|([^\s;,\"]{1,200}))", re.IGNORECASE)
_FIRST_LINE = re.compile(rb"\s*--([^\r\n]{1,200}?)[ \t]*\r?\n")
_NAME = re.compile(rb";\s*name\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;]+))", re.IGNORECASE)
_FILE = re.compile(rb";\s*filename\*?\s*=", re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_DISPOSITION = re.compile(rb"^content-disposition\s*:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


class MultipartUnreadable(ValueError):
    """The body has no parts; the reason never quotes it."""


class Part(NamedTuple):
    """One part of a form: its name and content as bytes."""

    name: bytes
    content: bytes
    is_file: bool


def boundary_of(content_type: str, body: bytes) -> bytes:
    """The boundary: as declared if the body has it, else the body's own first line. Raises ``MultipartUnreadable``."""
    declared = _BOUNDARY.search(content_type)
    boundary = (declared[1] or declared[2]).encode("utf-8", "replace") if declared else b""
    if boundary and b"--" + boundary in body:
        return boundary
    first_line = _FIRST_LINE.match(body)
    if first_line is None:
        raise MultipartUnreadable("multipart without its boundary")
    return first_line[1]


def parts(body: bytes, boundary: bytes) -> Iterator[Part]:
    """The named parts, in order; what has no name is passed over."""
    for piece in re.split(rb"(?:^|\r?\n)--" + re.escape(boundary) + rb"(?=--|[ \t]*\r?\n|\Z)", body)[1:]:
        if piece.startswith(b"--"):
            return
        blank_line = _BLANK_LINE.search(piece)
        disposition = _DISPOSITION.search(piece, 0, blank_line.start()) if blank_line else None
        name = _NAME.search(disposition[1]) if disposition else None
        if blank_line and disposition and name:
            unescaped = (name[1] or name[2] or b"").replace(b'\\"', b'"').replace(b"%22", b'"')
            yield Part(unescaped, piece[blank_line.end() :], _FILE.search(disposition[1]) is not None)
