"""What a deal shows of a lead's source, as facts."""

from __future__ import annotations

from datetime import datetime

from leadloop.facts import Fact
from leadloop.leads import facts_of
from support.settable_clock import MORNING


def shown(deal: str = "1", at: datetime = MORNING, **source: str) -> Fact:
    """A reading of the deal: its source fields by name, and ``created_by``."""
    return facts_of.deal_view("amocrm", deal, {"source": {**source}}, at)


def overwritten(field: str, old: str, new: str, at: datetime = MORNING, *, deal: str = "1", by: str = "77") -> Fact:
    """A user of the CRM put another text into a source field."""
    return facts_of.source_overwriting("amocrm", deal, field, old, new, by, at)
