"""Deals and leads, and how one is named: ``D_12`` and ``L_5``, as Bitrix24 itself writes links to them.

https://apidocs.bitrix24.ru/api-reference/crm/data-types.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_EXTERNAL_ID = re.compile(r"([DL])_([1-9][0-9]{0,19})")


class Kind(NamedTuple):
    """What the portal keeps of one sort."""

    entity_type_id: int
    letter: str
    name: str
    """As methods, events and documents of robots call it."""


LEAD = Kind(1, "L", "LEAD")
DEAL = Kind(2, "D", "DEAL")
CONTACT = Kind(3, "C", "CONTACT")

KINDS = (LEAD, DEAL)
"""What leads of leadloop may be; a converted lead is listed before its deal."""


def external_id(kind: Kind, number: str) -> str:
    """``D_12``."""
    return f"{kind.letter}_{number}"


def number_in(kind: Kind, written: str) -> str | None:
    """The number of ``D_12``; ``None`` for another kind's, and for what is no such id."""
    found = _EXTERNAL_ID.fullmatch(written)
    return found[2] if found is not None and found[1] == kind.letter else None


def numbers_of(kind: Kind, ids: Iterable[str]) -> list[str]:
    """The numbers of those ids that are of a kind, each once."""
    found = (number_in(kind, one) for one in ids)
    return list(dict.fromkeys(one for one in found if one is not None))
