"""The one reader of a CRM: takes marked entities, asks the CRM about them, and commits what it said.

Documents are read before the CRM is asked and written at those versions, so a reader whose lease ran
out can never put an old answer over a newer one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from leadloop.crm.contact_keys import NO_KEYS, KeysFound, keys_of
from leadloop.crm.losses import LossCommit, find_survivor
from leadloop.crm.marks import Entity, mark_writes, postponed, readable
from leadloop.crm.port import CONTACT, LEAD, Crm, CrmLead
from leadloop.crm.readings import Reading, ReadingCommit, ReadingOvertaken, after_reading, signs_of
from leadloop.digests import follow_up_id
from leadloop.identity.keys import KeyRing
from leadloop.leads.crm_refs import CrmRef, ref_key
from leadloop.leads.matching import candidates_of, match
from leadloop.leads.visiting import recall, tell_refused
from leadloop.leads.writing import decide_and_commit
from leadloop.messages import LeadRegistered
from leadloop.policy import ContactMode
from leadloop.ports.bus import PublishFailed
from leadloop.ports.store import Document, DocumentTooLarge, PreconditionFailed, Write
from leadloop.runtime import Runtime

_SET_ASIDE = timedelta(days=1)


class _Marked(NamedTuple):
    """A marked lead entity and its reference before the CRM was asked."""

    external_id: str
    mark: Document
    ref: Document | None


class Reader:
    """Reads one batch after another. The caller holds the reader's lease."""

    def __init__(self, runtime: Runtime, crm: Crm) -> None:
        self._runtime = runtime
        self._store = runtime.store
        self._policy = runtime.policy
        self._crm = crm

    def read(self, marks: Sequence[Document]) -> None:
        """Read what some marks are about. Raises ``VendorError`` or ``StoreUnavailable``; undone marks stay."""
        contacts = [mark for mark in marks if Entity.of(mark).kind == CONTACT]
        for mark in contacts:
            self._follow_contact(mark)
        leads = [mark for mark in marks if mark not in contacts]
        if leads:
            self._read_leads(leads)

    def _follow_contact(self, mark: Document) -> None:
        """A changed contact may match its deals anew, so they are marked in its place."""
        contact, now = Entity.of(mark), self._runtime.clock.now()
        allowed = readable(self._policy, CONTACT)  # not so in a mark left from before the mode was changed
        linked = self._crm.leads_of_contacts([contact.external_id]) if allowed else ()
        deals = [Entity(contact.crm, LEAD, external_id) for external_id in linked]

        def decide() -> list[Write]:
            [held] = self._store.get_many([mark.key])
            return [*mark_writes(self._store, deals, now), *after_reading(mark, held)]

        decide_and_commit(self._store, decide)

    def _read_leads(self, marks: Sequence[Document]) -> None:
        ids = [Entity.of(mark).external_id for mark in marks]
        refs = self._store.get_many([ref_key(self._crm.name, external_id) for external_id in ids])
        marked = [_Marked(*one) for one in zip(ids, marks, refs, strict=True)]
        alive = self._crm.read_leads(ids)
        moves = self._crm.transitions(list(alive))
        keys = self._keys(marked, alive)
        for one in marked:
            if (lead := alive.get(one.external_id)) is not None:
                found = keys.get(one.external_id, NO_KEYS)
                self._apply(Reading(one.mark, one.ref, lead, moves.get(one.external_id, ()), *found))
        for one in marked:  # last, because the survivor of a merge may be among the others
            if one.external_id not in alive:
                self._lose(one)

    def _keys(self, marked: Sequence[_Marked], alive: Mapping[str, CrmLead]) -> dict[str, KeysFound]:
        """Contact keys of deals that nothing else matches; of no others, and never in the mode ``none``."""
        if self._policy.contacts.mode is ContactMode.NONE:
            return {}
        wanted = [lead for one in marked if (lead := alive.get(one.external_id)) and self._is_unmatched(one, lead)]
        contact_ids = [contact_id for lead in wanted for contact_id in lead.contact_ids]
        if not contact_ids:
            return {}
        points = self._crm.contact_points(contact_ids)
        ring = KeyRing.of(self._runtime.secrets)
        return {
            lead.external_id: keys_of(self._policy, ring, (points[one] for one in lead.contact_ids if one in points))
            for lead in wanted
        }

    def _is_unmatched(self, one: _Marked, lead: CrmLead) -> bool:
        if one.ref is not None and CrmRef.of(one.ref).leads:
            return False
        signs = signs_of(lead)
        return match(self._policy, signs, candidates_of(self._store, self._policy, signs)).lead_id is None

    def _apply(self, reading: Reading) -> None:
        decision = ReadingCommit(self._store, self._policy, reading, self._runtime.clock.now())
        if not self._commit(reading.mark, decision):
            return
        if decision.match is not None:
            lead_id, verdict = decision.match
            about = {"crm": self._crm.name, "external_id": reading.lead.external_id, "lead_id": lead_id}
            event = "crm_entity_matched" if verdict else "crm_entity_unmatched"
            self._runtime.log.info(event, **about, rule=verdict.rule, reason=verdict.reason)
        for lead_id in decision.taught:
            if (refusal := recall(self._store, self._policy, lead_id)) is not None:
                tell_refused(self._runtime.log, lead_id, refusal)
        for lead_id in decision.linked:
            self._announce(lead_id, reading.lead.external_id)

    def _lose(self, one: _Marked) -> None:
        ref = CrmRef.of(one.ref) if one.ref is not None else None
        survivor = None
        if ref is not None and ref.gone is None:
            survivor = find_survivor(self._store, self._policy, self._crm, ref)
        decision = LossCommit(self._store, self._policy, one.mark, one.ref, survivor, self._runtime.clock.now())
        if self._commit(one.mark, decision) and ref and not decision.waits:
            about = {"crm": self._crm.name, "external_id": one.external_id, "into": survivor}
            self._runtime.log.info("crm_entity_lost", **about)

    def _commit(self, mark: Document, decision: ReadingCommit | LossCommit) -> bool:
        """Whether it was committed; otherwise the mark stays, for now or for a day."""
        try:
            decide_and_commit(self._store, decision.decide)
        except (ReadingOvertaken, PreconditionFailed):
            return False
        except DocumentTooLarge as full:
            what_to_do = "the lead has too many facts; it needs a person"
            self._runtime.log.error("crm_facts_refused", reason=str(full), what_to_do=what_to_do)
            self._store.commit([postponed(mark, self._runtime.clock.now() + _SET_ASIDE)])
            return False
        return True

    def _announce(self, lead_id: str, external_id: str) -> None:
        """Let deliver-lead look after the lead at once; its delivery is due anyway, so a failure costs only time."""
        event_id = follow_up_id(f"{self._crm.name}-{external_id}", "linked", lead_id)
        try:
            self._runtime.bus.publish("leads", LeadRegistered(event_id=event_id, lead_id=lead_id))
        except PublishFailed as fault:
            self._runtime.log.warning("follow_up_put_off", event_id=event_id, reason=str(fault))
