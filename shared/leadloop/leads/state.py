"""What a lead is at present: the result of ``leadloop.leads.fold``."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from leadloop.identity.persons import user_key
from leadloop.json_types import JsonObject
from leadloop.leads.circumstances import ALONE, Circumstances, Lent
from leadloop.leads.deal_view import DealView, Overwriting
from leadloop.leads.fraud import NOT_JUDGED, FraudVerdict, OutsideVerdict
from leadloop.leads.quality import OPEN, Course, Decision, Quality
from leadloop.sources.in_crm import NOT_READ, InCrm
from leadloop.sources.resolution import NOT_RESOLVED, Source

MEDIA = frozenset({"call", "chat", "request"})
"""What else than a form or a manager may bring a lead: by ``born_in``."""

DELETED, MERGED, CONVERTED = "deleted", "merged", "converted"
"""How a CRM reference was lost; of one that was converted another goes on, though it is there still."""


_TRACKERS = frozenset({"comagic"})
"""Accounts that hold communications and no deals."""


def is_of_tracker(crm_ref: str | None) -> bool:
    """Whether a reference is a communication's: no deal, whichever leads know of it."""
    return crm_ref is not None and crm_ref.partition("-lead-")[0] in _TRACKERS


class StageEntry(NamedTuple):
    """The first time a stage was reached, and on which CRM reference (``amocrm-lead-123``)."""

    at: datetime
    crm_ref: str
    exact: bool


class Contacted(NamedTuple):
    """A communication that a call tracker recorded."""

    at: datetime
    medium: str
    """``call``, ``chat`` or ``request``."""
    is_incoming: bool = True


class Money(NamedTuple):
    """An amount in minor units of a currency."""

    amount: int
    currency: str


@dataclass(slots=True)
class LeadState:
    """A lead as its facts tell it. Built by ``fold`` alone and not changed afterwards."""

    occurred_at: datetime | None = None
    born_in: str = "crm"
    """Where it came to be: ``site``, ``crm``, or what it first made contact by: ``call``, ``chat``, ``request``."""
    submitted_at: datetime | None = None
    """The first submission; facts of a CRM entity that was there before it are older."""
    submission_id: str | None = None
    form: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    """Ad ids by name; the first known of each kind stays."""
    rejected_ids: dict[str, str] = field(default_factory=dict)
    weak_ids: set[str] = field(default_factory=set)
    """All weak ids ever seen, as ``client_id:1700…``."""
    visits: tuple[datetime, ...] = ()
    """The visits known to us, oldest first: submissions that brought an ad id, beacons of the ClientID in ``ids``."""
    key_ids: set[str] = field(default_factory=set)
    signed_user_ids: set[str] = field(default_factory=set)
    """UserIDs that the site signed."""
    said_user_ids: set[str] = field(default_factory=set)
    """UserIDs that the site sent, signed or not."""
    crm_user_ids: set[str] = field(default_factory=set)
    """UserIDs that the CRM showed, our own writing among them."""
    traces: set[str] = field(default_factory=set)
    """All places its forms were sent from, as ``network:4f…``; see ``leadloop.leads.fold.TRACES``."""
    source: Source = NOT_RESOLVED
    source_signs: JsonObject = field(default_factory=dict)
    """What the first submission said of where it came from: ``ids``, ``utm``, ``referrer``, ``form``, ``fields`` …"""
    later_signs: list[JsonObject] = field(default_factory=list)
    """The same of the submissions after the first, oldest first."""
    source_in_crm: InCrm = NOT_READ
    """What the CRM makes of the source."""
    shown_ids: dict[str, dict[str, str]] = field(default_factory=dict)
    """By CRM reference the ids that its fields showed."""
    crm_refs: list[str] = field(default_factory=list)
    """CRM references in the order they were linked; the last is the present one."""
    contacts: dict[str, Contacted] = field(default_factory=dict)
    """By reference the communications that a call tracker recorded, oldest first; none of them is a deal."""
    came_by: list[str] = field(default_factory=list)
    """References of deals and communications in the order in which the lead first came to them."""
    joined_refs: frozenset[str] = frozenset()
    """References this lead came to when its own deal was merged away: another person's ids may stand there."""
    lost: dict[str, str] = field(default_factory=dict)
    """CRM references that are gone, and how."""
    converted: dict[str, datetime] = field(default_factory=dict)
    """CRM references that another goes on from, though they are there still, and since when."""
    stages: dict[str, StageEntry] = field(default_factory=dict)
    reached: dict[str, dict[str, datetime]] = field(default_factory=dict)
    """By CRM reference the stages that its deal reached, and when first."""
    stage: str | None = None
    unmapped_statuses: set[str] = field(default_factory=set)
    price: Money | None = None
    priced_at: datetime | None = None
    staged_at: datetime | None = None
    """When a stage was last entered, first or again."""
    contact_sealed: str | None = None
    contact_sent_at: datetime | None = None
    """The last submission that holds a sealed contact."""
    bot_signs: JsonObject = field(default_factory=dict)
    deals: dict[str, DealView] = field(default_factory=dict)
    """By CRM reference what the deal showed at the last reading."""
    first_deals: dict[str, DealView] = field(default_factory=dict)
    """By CRM reference what it showed at the first one."""
    courses: dict[str, Course] = field(default_factory=dict)
    """By CRM reference how far its deal came."""
    qualified: Decision | None = None
    """The first time a deal stood in its stage with everything that ``qualification`` requires."""
    overwritings: list[Overwriting] = field(default_factory=list)
    outside_verdicts: list[OutsideVerdict] = field(default_factory=list)
    """Oldest first."""
    released_at: datetime | None = None
    """When a person last said that this is no bot."""
    circumstances: Circumstances = ALONE
    """What other leads say of this one."""
    lent: Lent | None = None
    """The ClientID in ``ids``, if it is borrowed from the person's last visit elsewhere."""
    quality: Quality = OPEN
    fraud: FraudVerdict = NOT_JUDGED

    def as_of(self, now: datetime) -> LeadState:
        """The state at an instant. Time by itself ends holds of the fraud gate, and nothing else here."""
        told = self.fraud.as_of(now)
        return self if told is self.fraud else replace(self, fraud=told)

    @property
    def crm_ref(self) -> str | None:
        """The CRM reference the lead is on now."""
        return self.crm_refs[-1] if self.crm_refs else None

    @property
    def contacted_at(self) -> datetime | None:
        """When a lead that came to be by a communication made contact; ``None`` for others."""
        came_in = [one.at for one in self.contacts.values() if one.is_incoming]
        return min(came_in, default=None) if self.born_in in MEDIA else None

    @property
    def confirmed_user_ids(self) -> set[str]:
        """UserIDs that the site signed, or that the CRM knew by itself.

        What the site said unsigned is written into the CRM by us; to read it there proves nothing.
        """
        return self.signed_user_ids | (self.crm_user_ids - self.said_user_ids)

    @property
    def strong_ids(self) -> frozenset[str]:
        """What joins the lead to others, by the ids of key documents."""
        return frozenset({*self.key_ids, *map(user_key, self.confirmed_user_ids)})

    def times_in(self, stages: Collection[str]) -> list[datetime]:
        """When deals of the lead first reached these stages; not deals that were deleted, as a test sale is."""
        kept = [reached for ref, reached in self.reached.items() if self.lost.get(ref) != DELETED]
        return [at for reached in kept for stage, at in reached.items() if stage in stages]

    def visit_before(self, at: datetime) -> datetime | None:
        """The last visit known to us that was not later than ``at``."""
        earlier = bisect_right(self.visits, at)
        return self.visits[earlier - 1] if earlier else None

    @property
    def contact_term_from(self) -> datetime | None:
        """From when ``contacts.retention`` runs: the last stage or, if later, the submission; no contact, no term."""
        if self.contact_sent_at is None:
            return None
        return max(self.contact_sent_at, self.staged_at or self.contact_sent_at)
