"""When a lead repeats an earlier one, and what joins leads to a person."""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from datetime import timedelta
from enum import StrEnum
from typing import Literal

from pydantic import Field

from leadloop.policy.section import Section
from leadloop.policy.spans import Span
from leadloop.policy.value_types import SpanOfTime, Stage


class DuplicateKey(StrEnum):
    """What two leads must have in common to be of one series."""

    PHONE = "phone"
    EMAIL = "email"
    PERSON = "person"
    CLIENT_ID = "client_id"


class Clients(Section):
    """People who bought already: no duplicates, but no new customers of an advertisement either."""

    stages: tuple[Stage, ...] = ()
    """Whoever's deal reached one of these stages is a client from then on."""
    left: tuple[Stage, ...] = ()
    """Whoever's deal reached one of these afterwards is a client no more."""
    within: SpanOfTime = Span()
    """How long somebody stays a client: a length of time, calendar months such as ``6 months``, or ``ever``."""


class Duplicates(Section):
    """Which lead repeats which; within ``defaults.same_lead_repeat`` one always does."""

    keys: tuple[DuplicateKey, ...] = Field((DuplicateKey.PERSON,), min_length=1)
    """Leads with any of these in common are one series: ``phone``, ``email``, ``person`` (all that strong ids join),
    ``client_id`` (only together with leads that name nobody else)."""
    window: SpanOfTime = Span(length=timedelta(days=180))
    """How long after a contact another one is a duplicate: a length of time, ``6 months``, or ``ever``."""
    counted_from: Literal["first", "last"] = "last"
    """``last``: from the previous contact, duplicates included; ``first``: from the contact that began the series."""
    credit: Literal["first", "last"] = "first"
    """Which lead's source keeps the credit for a series."""
    clients: Clients = Field(default_factory=Clients.model_construct)
    """The exclusion list of current clients."""


class Identity(Section):
    """What joins leads to a person, besides what is taken for granted."""

    shared: tuple[str, ...] = ()
    """Phones and e-mails of no single person (agents, info@): they join nobody."""
