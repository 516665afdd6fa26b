"""By which identifier Metrica is told whose conversion it is.

One kind per file: what wins when a row carries two is not documented
(https://yandex.com/dev/metrika/ru/management/offline-conv.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

_UINT64 = 2**64
_DECIMAL = re.compile(r"[0-9]{1,20}")
_USER_ID = re.compile(r"[A-Za-z0-9_.@-]{1,128}")

KINDS = ("client_id", "user_id", "yclid")
"""Kinds in the order of preference. A ClientID names the browser whose visits Metrica has certainly seen; a UserID
works only after ``setUserID`` in a visit; a yclid binds to one click."""


class Identifier(NamedTuple):
    """An identifier fit for a file."""

    kind: str
    value: str


def choose(ids: Mapping[str, str]) -> Identifier | None:
    """The best identifier among a lead's ids; ``None`` when there is none that Metrica could take."""
    return next((Identifier(kind, ids[kind]) for kind in KINDS if is_sendable(kind, ids.get(kind, ""))), None)


def is_sendable(kind: str, value: str) -> bool:
    """Whether a value has the form that Metrica takes for this kind."""
    if kind == "user_id":
        return _USER_ID.fullmatch(value) is not None
    return kind in KINDS and _DECIMAL.fullmatch(value) is not None and 0 < int(value) < _UINT64
