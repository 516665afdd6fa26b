"""What the CRM makes of a lead's source: it shows the same, lacks it, or somebody overwrote it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from leadloop.sources.labels import NONE


class InCrm(NamedTuple):
    """The source that a lead's deal shows beside the one that was first known, with the rule that tells them apart."""

    rule: str
    reason: str
    label: str = NONE
    """What the deal shows."""
    field: str = ""
    """Of an overwriting: the field, by the names of ``crm.fields``."""
    by: str = ""
    """The CRM's id of who did it; empty when the CRM does not say."""
    at: datetime | None = None
    old: str = ""
    new: str = ""

    @property
    def is_amiss(self) -> bool:
        """Whether the CRM counts the lead under no source, or under another one than was first known."""
        return self.rule not in _RIGHT


NOT_READ = InCrm("in_crm.not_read", "the fields of its deal were not read yet")
_RIGHT = frozenset({"in_crm.same", "in_crm.no_deal", "in_crm.not_read"})
