"""Form bodies with PHP's bracket keys, as amoCRM and Bitrix24 post them, read flat.

A tree is never built: amoCRM sends a text and branches under one path
(``contacts[note][0][note][type]`` beside ``…[type][message_uuid]``) and digit keys in no sequence,
and both are harmless to a list of paths.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote_plus

_SEGMENT = re.compile(r"\[([^\[\]]*)\]")


class BracketPair(NamedTuple):
    """``leads[add][0][id]=5`` as ``("leads", "add", "0", "id")`` and ``"5"``."""

    path: tuple[str, ...]
    value: str


def read_pairs(body: bytes) -> Iterator[BracketPair]:
    """Every pair of the body in its order. Never raises: what is not UTF-8 is replaced."""
    for part in body.decode("utf-8", "replace").split("&"):
        if part:
            key, _, value = part.partition("=")
            yield BracketPair(_path(unquote_plus(key, errors="replace")), unquote_plus(value, errors="replace"))


def _path(key: str) -> tuple[str, ...]:
    name, bracket, rest = key.partition("[")
    return (name, *_SEGMENT.findall(bracket + rest))
