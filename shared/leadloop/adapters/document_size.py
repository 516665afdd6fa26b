"""How large a document is by Firestore's rules, and what Firestore would not hold at all.

Every adapter asks here, so what passes a unit test in memory also passes in the cloud.
Rules: https://firebase.google.com/docs/firestore/storage-size and
https://firebase.google.com/docs/firestore/quotas. That a map inside a document adds nothing of its
own, and an empty one a byte, was measured on Google's emulator 1.19.9.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from leadloop.json_types import JsonObject
from leadloop.ports.store import Key

MAX_NAME_BYTES = 1500
MAX_DEPTH = 20
_INT64 = range(-(2**63), 2**63)
COLLECTION = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class NotStorable(ValueError):
    """A key or a value has a form that no document store takes; the text names the place, never the value."""


class _Unfit(Exception):
    """A value that cannot be stored; its path grows while the walk unwinds."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.path: list[str] = []


def document_size(key: Key, fields: JsonObject) -> int:
    """The bytes a document takes of the 1 MiB, its name included. Raises ``NotStorable``.

    Refuses what is not JSON (instants, tuples, bytes), what JSON or Firestore cannot hold (NaN, integers
    over 64 bits, half characters, a list right inside a list, more than 20 levels) and reserved names.
    """
    try:
        if not isinstance(fields, dict):
            raise _Unfit(f"a {type(fields).__name__} where the fields should be")
        return _name_size(key) + _map_size(fields, 0) + 32
    except _Unfit as unfit:
        place = "/".join((key.collection, key.id, *unfit.path))
        raise NotStorable(f"{place!a} cannot be stored: found {unfit}") from None


def _name_size(key: Key) -> int:
    if not COLLECTION.fullmatch(key.collection):
        raise _Unfit("a collection name; expected letters, digits and _, starting with a letter")
    if "/" in key.id or key.id in {"", ".", ".."}:
        raise _Unfit("a document id that is empty, a dot, or holds a slash")
    return _checked_name_size(key.collection) + _checked_name_size(key.id) + 16


@lru_cache(maxsize=4096)
def _checked_name_size(name: str) -> int:
    size = _text_size(name)
    if not name:
        raise _Unfit("an empty field name")
    if size > MAX_NAME_BYTES:
        raise _Unfit(f"a name of {size} bytes; expected at most {MAX_NAME_BYTES}")
    if name.startswith("__") and name.endswith("__"):
        raise _Unfit("a name between double underscores, which Firestore reserves")
    return size


def _text_size(text: str) -> int:
    if text.isascii():
        return len(text) + 1
    try:
        return len(text.encode()) + 1
    except UnicodeEncodeError:
        raise _Unfit("text with half a surrogate pair, which UTF-8 cannot write") from None


def _number_size(number: float) -> int:
    if isinstance(number, int):
        if number not in _INT64:
            raise _Unfit("an integer over 64 bits; ids from outside are strings")
    elif not math.isfinite(number):
        raise _Unfit("a number that is not finite")
    return 8


def _map_size(fields: Mapping[str, object], depth: int) -> int:
    if depth > MAX_DEPTH:
        raise _Unfit(f"more than {MAX_DEPTH} levels")
    size = 0
    for name, value in fields.items():
        if not isinstance(name, str):
            raise _Unfit(f"a field name that is a {type(name).__name__}")
        try:
            size += _checked_name_size(name) + _value_size(value, depth)
        except _Unfit as unfit:
            unfit.path.insert(0, name)
            raise
    return size


def _list_size(members: Sequence[object], depth: int) -> int:
    if depth > MAX_DEPTH:
        raise _Unfit(f"more than {MAX_DEPTH} levels")
    size = 0
    for place, member in enumerate(members):
        try:
            if isinstance(member, list):
                raise _Unfit("a list right inside a list; put a map between")
            size += _value_size(member, depth)
        except _Unfit as unfit:
            unfit.path.insert(0, str(place))
            raise
    return size


def _value_size(value: object, depth: int) -> int:
    if isinstance(value, str):
        return _text_size(value)
    if value is None or isinstance(value, bool):
        return 1
    if isinstance(value, int | float):
        return _number_size(value)
    if isinstance(value, dict):
        return max(1, _map_size(value, depth + 1))
    if isinstance(value, list):
        return max(1, _list_size(value, depth + 1))
    raise _Unfit(f"a {type(value).__name__}; expected JSON (an instant as text, a tuple as a list)")
