"""The reference from a CRM deal to the leads that sit on it, and which of them owns it.

Two leads may sit on one deal (merges, an unsorted request accepted, two forms and one manager). The
owner is the lead with the earliest (occurred_at, id); the first claim of a goal freezes it, and so
does a merge, because either of two joined references may then be claimed through; but for a deal that
still waits for its own lead. The others are touches: their own copies of the deal's stages derive no
conversions.

A claim rests on its lead. Whoever changes a reference reads its leads and lets it know their claims
first, and writes each lead whose ownership changes: a claim made meanwhile is a conflict on that lead.
"""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from collections.abc import Iterable
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from leadloop.json_types import JsonObject
from leadloop.leads.fold import crm_ref_id
from leadloop.leads.lead import Lead
from leadloop.leads.state import MERGED, LeadState, is_of_tracker
from leadloop.ports.store import Create, Document, Key, Update, Write


class CrmRef(BaseModel):
    """A CRM deal as it rests. Changed only by the methods here and by a claim."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    crm: str
    external_id: str
    leads: dict[str, str] = Field(default_factory=dict)
    """Lead id → when the lead occurred, as text."""
    owner: str | None = None
    frozen: bool = False
    claimed: dict[str, str] = Field(default_factory=dict)
    """Goal → the lead that claimed it, on this deal or on one merged with it, as of the last write."""
    aliases: tuple[str, ...] = ()
    """References of deals that were merged into this one."""
    alias_of: str | None = None
    """The reference this one was merged into."""
    gone: str | None = None
    """Why the deal is no longer in the CRM: ``deleted`` or ``merged``; or another goes on from it: ``converted``."""
    contact_ids: tuple[str, ...] = ()
    seen_updated_at: str | None = None
    """The CRM's time of a last change that the leads' facts do not tell of (``Deal.last_told``)."""
    waits_until: str | None = None
    """A deal matched to no lead waits until then before it counts as born in the CRM."""
    of_trial: str | None = None
    """The test lead that the site's own integration made it of: it is nobody's, unless a lead is surely its own."""
    matched_by: str | None = None
    """The rule by which the first lead was found."""
    held: str | None = None
    """Why its facts could not be given to its leads."""

    @classmethod
    def of(cls, document: Document) -> Self:
        """Read a reference from its document."""
        return cls.model_validate(document.fields)

    @property
    def id(self) -> str:
        """``amocrm-lead-123``."""
        return crm_ref_id(self.crm, self.external_id)

    @property
    def key(self) -> Key:
        """Where the reference lives."""
        return ref_key(self.crm, self.external_id)

    def changed(self, **values: object) -> Self:
        """A copy with other values."""
        return self.model_copy(update=values)

    def with_lead(self, lead_id: str, occurred_at: str) -> Self:
        """The reference with one more lead on it; the owner follows unless it is frozen."""
        joined = self.changed(leads={**self.leads, lead_id: occurred_at}, waits_until=None, of_trial=None)
        return joined.changed(owner=joined._owner())

    def with_claims_of(self, leads: Iterable[Lead]) -> Self:
        """The reference knowing what its leads claimed on it; the same object if it knew. A claim freezes the owner.

        What a lead claimed by a tag of the call tracker, before it was on any deal, counts on every deal it is on.
        """
        family = {self.id, self.alias_of or self.id, *self.aliases}
        rows = [(goal, lead.id, claim) for lead in leads for goal, claim in lead.claims.items()]
        claimed = {goal: id_ for goal, id_, claim in rows if is_of_tracker(claim.crm_ref) or claim.crm_ref in family}
        if self.frozen and claimed.keys() <= self.claimed.keys():
            return self
        return self.changed(frozen=True, claimed={**claimed, **self.claimed}) if claimed else self

    def absorb(self, lost: Self) -> Self:
        """This reference after ``lost`` was merged into it: leads, claims and aliases of both, one owner for good."""
        joined = self.changed(
            leads={**lost.leads, **self.leads},
            claimed={**lost.claimed, **self.claimed},
            aliases=tuple(sorted({*self.aliases, *lost.aliases, lost.id})),
            contact_ids=self.contact_ids or lost.contact_ids,
            matched_by=self.matched_by or lost.matched_by,
        )
        if self.waits_until is not None and not joined.claimed:
            return joined.changed(owner=joined._owner())  # its own lead is still to be found, and may own it
        joined = joined.changed(waits_until=None)
        if not self.frozen and lost.frozen:
            return joined.changed(owner=lost.owner, frozen=True)
        return joined.changed(owner=joined._owner(), frozen=True)

    def merged_into(self, survivor: Self, how: str = MERGED) -> Self:
        """This reference after it was absorbed: it says the same of owner and claims as its survivor."""
        return self.changed(
            alias_of=survivor.id,
            gone=how,
            waits_until=None,
            seen_updated_at=None,
            leads=survivor.leads,
            owner=survivor.owner,
            claimed=survivor.claimed,
            frozen=True,
        )

    def ownership_of(self, lead_id: str) -> dict[str, bool]:
        """What a lead on this deal is to know of it and of its aliases."""
        return {ref: lead_id == self.owner for ref in (self.id, *self.aliases)}

    def tell(self, lead: Lead) -> Lead:
        """The lead knowing whether it owns the deal; the same object if it knew.

        Of a merged deal its survivor tells, whose owner may have changed since.
        """
        if self.gone == MERGED:
            return lead
        ownership = {**lead.ownership, **self.ownership_of(lead.id)}
        return lead if ownership == lead.ownership else lead.model_copy(update={"ownership": ownership})

    def fields(self) -> JsonObject:
        """The document. What is unknown is left out, so that queries by range pass it over."""
        kept: JsonObject = self.model_dump(mode="json", exclude_none=True)
        return {**kept, "kind": "lead"}

    def write(self, version: str | None) -> Write:
        """Create the document, or update the version that was read."""
        return Create(self.key, self.fields()) if version is None else Update(self.key, self.fields(), version)

    def _owner(self) -> str | None:
        if self.frozen:
            return self.owner
        return min(self.leads, key=lambda lead_id: (self.leads[lead_id], lead_id), default=None)


def live_deals(state: LeadState, crm: str) -> list[str]:
    """External ids of the lead's deals in an account that are not gone, the present one last.

    Deals of a CRM that the policy named before are nobody's work any more: neither read nor written.
    """
    prefix = crm_ref_id(crm, "")
    return [ref.removeprefix(prefix) for ref in state.crm_refs if ref.startswith(prefix) and ref not in state.lost]


def ref_key(crm: str, external_id: str) -> Key:
    """Where the reference of a CRM lead entity lives."""
    return Key("crm_ref", crm_ref_id(crm, external_id))
