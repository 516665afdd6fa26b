"""A deal's reference and the leads on it, read together and written in one commit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from leadloop import timestamps
from leadloop.facts import Fact, FactKind, TooManyFacts
from leadloop.leads import facts_of
from leadloop.leads.crm_refs import CrmRef
from leadloop.leads.delivery import Delivery, delivery_key
from leadloop.leads.family import submitted_at
from leadloop.leads.lead import Lead
from leadloop.leads.state import CONVERTED, MERGED
from leadloop.leads.writing import lead_writes
from leadloop.policy import Policy
from leadloop.ports.store import Document, Key, Store, Write

_OF_A_CHANGE = (FactKind.STAGE_ENTERED, FactKind.PRICE_OBSERVED, FactKind.IDS_OBSERVED, FactKind.DEAL_OBSERVED)
"""Facts whose time is that of the deal's last change."""
_LINKED_BY = {MERGED: "merge", CONVERTED: "converted"}
"""What the link of a lead says that came along with another deal."""
_TICK = timedelta(microseconds=1)


class Deal:
    """What a commit about a deal reads and writes. Changed in memory only; ``writes`` is the difference."""

    def __init__(self, store: Store, policy: Policy, ref: CrmRef, document: Document | None) -> None:
        self._store = store
        self._policy = policy
        self._version = document.version if document is not None else None
        self._documents: dict[str, Document | None] = {}
        self.leads: dict[str, Lead] = {}
        self.fetch(ref.leads)
        self.ref = ref.with_claims_of(self.leads.values())
        # what its leads claimed rests on them; it is no reason to write the reference
        self._before = self.ref if document is not None else None

    @classmethod
    def read(cls, store: Store, policy: Policy, crm: str, external_id: str, document: Document | None) -> Deal:
        """The deal whose reference document was read; an empty one when there is none yet."""
        ref = CrmRef.of(document) if document is not None else CrmRef(crm=crm, external_id=external_id)
        return cls(store, policy, ref, document)

    def fetch(self, lead_ids: Iterable[str]) -> None:
        """Read leads that the deal does not have at hand. One that was erased is passed over."""
        wanted = [lead_id for lead_id in lead_ids if lead_id not in self._documents]
        found = self._store.get_many([Key("lead", lead_id) for lead_id in wanted]) if wanted else []
        for lead_id, document in zip(wanted, found, strict=True):
            self._documents[lead_id] = document
            if document is not None:
                self.leads[lead_id] = Lead.of(document)

    @property
    def versions(self) -> dict[str, str]:
        """Versions of its leads as they were read."""
        return {lead_id: document.version for lead_id, document in self._documents.items() if document is not None}

    @property
    def last_told(self) -> str:
        """The CRM's time of the last change that the reference or the facts of its leads tell of; empty if none."""
        return max(self.told_by_facts, self.ref.seen_updated_at or "")

    @property
    def told_by_facts(self) -> str:
        """The same, as far as the facts of its leads tell."""
        told = [self.last(kind) for kind in _OF_A_CHANGE]
        return max((timestamps.to_text(fact.occurred_at) for fact in told if fact is not None), default="")

    def last_written(self) -> str:
        """The CRM's time of the last change that was our own, writing ids into it; empty if none. Reads deliveries."""
        held = self._store.get_many([delivery_key(lead_id) for lead_id in self.leads]) if self.leads else []
        deliveries = [Delivery.of(document) for document in held if document is not None]
        own = [one.written_at for one in deliveries if one.external_id == self.ref.external_id and one.written_at]
        return max(own, default="")

    def join(self, lead_id: str, by: str, at: datetime) -> None:
        """Put a lead on the deal, found by a rule; a lead that does not exist yet is born here, at ``at``."""
        occurred = self.take(lead_id, by, at)
        # not before the lead itself: a lead may join a deal that is much older than it
        self.give(lead_id, [facts_of.crm_link(self.ref.crm, self.ref.external_id, by, max(at, occurred))])

    def take(self, lead_id: str, by: str, at: datetime) -> datetime:
        """The same without telling the lead, for what is no deal of its; returns when the lead occurred."""
        self.fetch([lead_id])
        lead = self.leads.setdefault(lead_id, Lead(id=lead_id))
        occurred = submitted_at(lead) or lead.state(self._policy).occurred_at or at
        joined = self.ref.with_lead(lead_id, timestamps.to_text(occurred)).with_claims_of(self.leads.values())
        self.ref = joined.changed(matched_by=self.ref.matched_by or by)
        return occurred

    def take_over(self, lost: Deal, at: datetime, how: str = MERGED) -> None:
        """Join a deal merged at ``at`` to this one: its leads come along with what they know, and are written here."""
        self.ref = self.ref.absorb(lost.ref)
        lost.ref = lost.ref.merged_into(self.ref, how)
        for lead_id in list(lost.leads):
            met = lost.met_at(lead_id)
            since = max(at, met + _TICK) if met is not None else at  # after the deal that it was on before
            self._documents[lead_id] = lost._documents.pop(lead_id)
            self.leads[lead_id] = lost.leads.pop(lead_id)
            self.give(lead_id, [facts_of.crm_link(self.ref.crm, self.ref.external_id, _LINKED_BY[how], since)])

    def give(self, lead_id: str, facts: Iterable[Fact]) -> None:
        """Let a lead know facts. One that can hold no more keeps what it has, and the reference says so."""
        try:
            self.leads[lead_id] = self.leads[lead_id].with_facts(tuple(facts))
        except TooManyFacts as full:
            self.ref = self.ref.changed(held=f"lead {lead_id}: {full}")

    @property
    def refusal(self) -> str | None:
        """Why facts were not given to a lead, if the reference at rest does not say so already."""
        before = self._before.held if self._before is not None else None
        return self.ref.held if self.ref.held != before else None

    def held(self, kind: FactKind, lead_ids: Iterable[str] | None = None) -> list[Fact]:
        """The facts of a kind about this very deal, on some of its leads or on any, oldest first."""
        chosen = self.leads if lead_ids is None else lead_ids
        facts = {fact.id: fact for lead_id in chosen for fact in self.leads[lead_id].facts if fact.kind is kind}
        own = [fact for fact in facts.values() if fact.values.get("external_id") == self.ref.external_id]
        return sorted(own, key=lambda fact: fact.order)

    def last(self, kind: FactKind, lead_ids: Iterable[str] | None = None) -> Fact | None:
        """The latest of them."""
        held = self.held(kind, lead_ids)
        return held[-1] if held else None

    def met_at(self, lead_id: str) -> datetime | None:
        """When a lead came to this deal, by the deal's own times; ``None`` for one linked by an earlier version."""
        link = self.last(FactKind.CRM_LINKED, [lead_id])
        return link.occurred_at if link is not None else None

    def is_born_outside(self, lead_id: str) -> bool:
        """Whether the lead came to be by a form, a call or the like; otherwise it was born in the CRM."""
        lead = self.leads[lead_id]
        return submitted_at(lead) is not None or lead.state(self._policy).born_in != "crm"

    def tell_owner(self) -> None:
        """Let its leads know which of them owns it."""
        self.leads = {lead_id: self.ref.tell(lead) for lead_id, lead in self.leads.items()}

    def writes(self) -> list[Write]:
        """The writes that bring documents to this state; none when nothing changed."""
        self.tell_owner()
        writes = [
            write
            for lead_id, lead in self.leads.items()
            if lead != self.at_rest(lead_id)
            for write in lead_writes(self._policy, lead, self._version_of(lead_id))
        ]
        return writes if self.ref == self._before else [*writes, self.ref.write(self._version)]

    def at_rest(self, lead_id: str) -> Lead | None:
        """A lead as it was read; ``None`` for one that is born here."""
        document = self._documents.get(lead_id)
        return Lead.of(document) if document is not None else None

    def _version_of(self, lead_id: str) -> str | None:
        document = self._documents.get(lead_id)
        return document.version if document is not None else None
