"""The browser tag: ``tag.js`` is its source, ``tag.min.js`` what sites load; ``make tag`` builds one from the other."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

SOURCE = Path(__file__).with_name("tag.js")
BUILT = Path(__file__).with_name("tag.min.js")
MEDIA_TYPE = "text/javascript; charset=utf-8"


@cache
def script() -> bytes:
    """The tag as it is served: JavaScript in ASCII."""
    return BUILT.read_bytes()


@cache
def etag() -> str:
    """A strong validator of ``script``, quoted as the header ``ETag`` wants it."""
    return f'"{sha256(script()).hexdigest()[:20]}"'
