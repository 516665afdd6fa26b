"""What other leads say of a lead. It does not follow from the lead's own facts, so it rests beside them.

Written by ``leadloop.leads.family`` whenever a lead that matters to another one comes or changes; a pure function of
all of them, so the order in which they came decides nothing.
"""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class Lent(_Told):
    """The ClientID of the person's last visit before a lead that has no id of its own."""

    client_id: str
    at: datetime
    """When that visit was."""
    lead_id: str
    """The lead that the visit is known from."""


class Circumstances(_Told):
    """A lead among the others."""

    person: str | None = None
    """The smallest strong key of all that are joined to this lead; ``None`` when it has none."""
    repeats: str | None = None
    """The lead that began the series which this one is a duplicate in."""
    by: str = ""
    """What it has in common with an earlier lead of the series: a ``DuplicateKey``."""
    credit: str | None = None
    """The lead of the series whose source keeps the credit, where that is another one."""
    credit_source: str | None = None
    """The label of that source: totals count this lead under it."""
    in_series: bool = False
    """Whether other leads are in its series, before or after it."""
    counted: tuple[str, ...] = ()
    """Goals that another lead of the series counts (``leadloop.leads.series``)."""
    client_since: datetime | None = None
    """Since when the person had been a client when this lead came; ``None`` if it was none."""
    lent: Lent | None = None
    velocity: dict[str, int] = Field(default_factory=dict)
    """By place (``client_id:1700…``, ``network:4f…``, ``device:…``, ``phone_block:…``) how many leads with other
    contacts came from it in the busiest period around this one, in steps of ``fraud.velocity``."""


ALONE = Circumstances()
