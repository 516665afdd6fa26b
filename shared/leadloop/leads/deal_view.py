"""What the CRM showed of a lead's deal, beyond its stage and price."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple


class DealView(NamedTuple):
    """A deal's fields at a reading. Which are filled, never what they hold, but for source fields."""

    at: datetime
    filled: frozenset[str] = frozenset()
    """Names of ``qualification.fields`` that hold something."""
    responsible: str | None = None
    """The CRM's id of the user who works on it."""
    loss_reason: str | None = None
    """The CRM's id of the reason it was lost for."""
    source: Mapping[str, str] = {}
    """What its source fields hold, by the names of ``crm.fields``."""
    call_seconds: int | None = None
    """How long a call lasted, where the CRM tells."""


class Overwriting(NamedTuple):
    """Somebody changed a source field of the deal that had held something else, or emptied it (``new`` is empty)."""

    at: datetime
    crm_ref: str
    field: str
    """By the names of ``crm.fields``."""
    old: str
    new: str
    by: str
    """The CRM's id of who did it; empty for its own automation, or when the CRM does not say."""
