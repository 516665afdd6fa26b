"""What people do in an account of whichever kind, and what the account then holds: the CRM contract's two ends.

A new kind of CRM comes under contract with a module beside this one that implements ``AccountAtWork`` over its
stand-in, and an entry in ``conftest.ACCOUNTS``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

from leadloop.crm.port import Crm, HookReading, Status
from leadloop.crm.survey import Survey


class Skill(StrEnum):
    """What not every kind of account can do. A test that needs one is not run against an account without it."""

    LISTS_CHANGES = "lists what changed"
    TELLS_DELETIONS = "lists what was deleted"
    MOVES_ANYWHERE = "a lead may leave a status and come back to it"
    PRICES = "leads have a price"
    CONTACTS = "leads have contacts that can be read"
    CREATES = "leads can be created and fields written by leadloop"
    REMEMBERS_FIELDS = "tells who changed a field from what to what"
    ASKED_OVER_A_NETWORK = "may be down, slow, or refuse"
    SENDS_HOOKS = "posts webhooks"
    SURVEYED = "lists pipelines, statuses and fields"


class Trouble(StrEnum):
    """What may befall the next call."""

    LIMIT = "too many calls"
    REFUSED_TOKEN = "the token is not valid"
    DOWN = "a gateway's error page"
    ANSWER_LOST = "done, and then the connection broke"
    ANSWER_CUT = "the answer ends in the middle"
    GARBAGE = "a good status with another body"


class Opened(NamedTuple):
    """What a lead is opened with."""

    client_id: str = ""
    yclid: str = ""
    utm_source: str = ""
    phone: str = ""
    """As people type it."""
    price: int = 0
    """Whole units of currency."""


class AccountAtWork(Protocol):
    """An account with people in it. Its calendar stands still but for ``let_pass``; ids are the adapter's."""

    crm: Crm
    skills: frozenset[Skill]
    secret: str
    """What no error may show."""
    unknown_id: str
    """Of a lead that there never was."""

    def now(self) -> datetime:
        """The account's time, at a whole second."""
        ...

    def let_pass(self, time: timedelta) -> None:
        """The calendar goes on."""
        ...

    def open(self, about: Opened = Opened()) -> str:  # noqa: B008 - a tuple
        """A lead comes to be, in the first status."""
        ...

    def open_many(self, count: int) -> Sequence[str]:
        """So many leads in one second."""
        ...

    def status(self, stage: str) -> Status:
        """The status of ``new``, ``qualified`` or ``sold``."""
        ...

    def move(self, external_id: str, stage: str) -> None:
        """The lead enters a status."""
        ...

    def price(self, external_id: str, units: int) -> None:
        """Somebody fills in the price, in whole units."""
        ...

    def type_in(self, external_id: str, field: str, text: str) -> None:
        """Somebody types into a field, by the policy's name of it."""
        ...

    def delete(self, external_id: str) -> None:
        """Somebody deletes the lead."""
        ...

    def befall(self, trouble: Trouble, *, calls: int = 1, on_writing: bool = False) -> None:
        """The next calls go wrong; ``on_writing``: the next that create or change a lead."""
        ...

    def hooks(self) -> list[bytes]:
        """Bodies of the webhooks posted since this was last asked."""
        ...

    def read_hook(self, body: bytes) -> HookReading:
        """What the kind's package makes of a body."""
        ...

    def survey(self) -> Survey:
        """What ``take_survey`` says."""
        ...

    def shows(self, external_id: str) -> Mapping[str, str]:
        """What the account itself holds in the fields of a lead, by the policy's names; not asked through leadloop."""
        ...

    def carrying(self, lead_id: str) -> list[str]:
        """The leads that the account itself says carry our id."""
        ...

    def phones_of(self, external_id: str) -> list[str]:
        """Phones the account itself holds of a lead."""
        ...
