"""One thing that was looked at."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """How it stands. Only an error makes leadloop unfit to work."""

    GOOD = "good"
    WARNING = "warning"
    ERROR = "error"
    NOT_LOOKED_AT = "not looked at"


class Stage(StrEnum):
    """A step of setting end-to-end analytics up."""

    SOURCES = "Sources and channels"
    FUNNELS = "The CRM's funnels"
    BORN_IN_CRM = "Leads born in the CRM"
    COSTS = "Ad costs"


class Check(NamedTuple):
    """What was found. ``what_to_do`` is empty where nothing is."""

    stage: Stage
    rule: str
    state: State
    found: str
    what_to_do: str = ""
