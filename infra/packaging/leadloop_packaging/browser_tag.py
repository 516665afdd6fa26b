"""``make tag``: builds ``leadloop/tag/tag.min.js``, which sites load, from ``tag.js``, which people read."""

from __future__ import annotations

import re
import sys

import minify

from leadloop import tag

LIMIT = 4096
"""Bytes; the built tag is smaller."""


def built(source: str) -> bytes:
    """The tag as it is served, for a source. Raises ``TagTooLarge`` at ``LIMIT``, ``ValueError`` if it is not ASCII."""
    # `const` is for readers: the shorter `let` does the same in a program that runs.
    script: str = minify.string("application/javascript", re.sub(r"\bconst\b", "let", source))
    body = script.encode("ascii")
    if len(body) >= LIMIT:
        raise TagTooLarge(len(body))
    return body


class TagTooLarge(Exception):
    """The built tag has outgrown its limit."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the built tag has {size} bytes, expected fewer than {LIMIT}; make tag.js do less")


def main() -> int:
    """Build the tag in its place."""
    body = built(tag.SOURCE.read_text(encoding="utf-8"))
    tag.BUILT.write_bytes(body)
    sys.stdout.write(f"{tag.BUILT.name}: {len(body)} bytes of at most {LIMIT - 1}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
