"""A remark about a policy."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How much a finding matters. Only an error fails a check."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding(NamedTuple):
    """One remark: ``path`` is the setting it is about, ``text`` says what to do."""

    level: Level
    rule: str
    path: str
    text: str
