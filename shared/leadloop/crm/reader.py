"""The one reader of a CRM: asks about entities and commits what the CRM said.

Documents are read before the CRM is asked and written at those versions, so a reader whose lease ran
out can never put an old answer over a newer one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from leadloop import timestamps
from leadloop.crm.batching import Batch
from leadloop.crm.communications import decision_on, missing_row
from leadloop.crm.contact_keys import NO_KEYS, KeysFound, keys_of_deal, keys_told
from leadloop.crm.deal_signs import heard_of, source_of
from leadloop.crm.deals import Deal
from leadloop.crm.looking_again import look_again, tell_too_large
from leadloop.crm.losses import LossCommit, find_survivor
from leadloop.crm.marks import Entity, mark, mark_key, owed, postponed, readable
from leadloop.crm.overwritings import changed_fields
from leadloop.crm.port import CONTACT, LEAD, Crm, CrmLead, FieldChange, History
from leadloop.crm.readings import AtRest, Reading, ReadingCommit, ReadingOvertaken, signs_of
from leadloop.digests import follow_up_id
from leadloop.identity.keys import KeyRing
from leadloop.leads.crm_refs import CrmRef, ref_key
from leadloop.leads.lead import Lead
from leadloop.leads.matching import candidates_of, match
from leadloop.leads.writing import decide_and_commit
from leadloop.messages import LeadRegistered
from leadloop.policy import ContactMode
from leadloop.ports.bus import PublishFailed
from leadloop.ports.store import CommitTooLarge, Document, DocumentTooLarge, Key, PreconditionFailed, Write
from leadloop.runtime import Runtime

NOTHING_TOLD = History()
_SET_ASIDE = timedelta(days=1)
_CONTACTS_AT_ONCE = 10
"""Each costs a call of its own; after so many their marks are removed, so that a run cut short has got on."""


class Reader:
    """Reads one batch after another. The caller holds the reader's lease."""

    def __init__(self, runtime: Runtime, crm: Crm) -> None:
        self._runtime = runtime
        self._store = runtime.store
        self._policy = runtime.policy
        self._crm = crm
        self.shown: dict[str, datetime] = {}
        """Each deal that was read → its time of last change, as the CRM showed it."""

    def read(self, entities: Sequence[Entity]) -> None:
        """Read some entities, and remove their marks if they have any.

        What has to be looked at again is marked. Raises ``VendorError`` or ``StoreUnavailable``; then some of
        them were not read, and the marks there were stay.
        """
        chosen = list(dict.fromkeys(entities))
        self._read_all([one for one in chosen if one.kind != CONTACT])
        contacts = [one for one in chosen if one.kind == CONTACT]
        for start in range(0, len(contacts), _CONTACTS_AT_ONCE):
            self._follow(contacts[start : start + _CONTACTS_AT_ONCE])

    def _read_all(self, leads: Sequence[Entity], *, with_contacts: bool = False) -> None:
        most = self._crm.most_leads_a_call
        for start in range(0, len(leads), most):
            self._read_leads(leads[start : start + most], with_contacts)

    def _follow(self, contacts: Sequence[Entity]) -> None:
        marks = self._resting_marks(contacts)
        deals = dict.fromkeys(deal for contact in contacts for deal in self._deals_of(contact))
        self._read_all(list(deals), with_contacts=True)
        for contact, held in marks.items():
            self._remove(AtRest(contact, held))

    def _deals_of(self, contact: Entity) -> list[Entity]:
        """A changed contact may match its deals anew, so they are read in its place; very many are marked instead."""
        if not readable(self._policy, CONTACT):  # a mark left from before the mode was changed
            return []
        linked = self._crm.leads_of_contacts([contact.external_id])
        deals = [Entity(contact.crm, LEAD, external_id) for external_id in linked]
        if len(deals) <= self._crm.most_leads_a_call:
            return deals
        mark(self._store, deals, self._runtime.clock.now())
        return []

    def _resting_marks(self, entities: Sequence[Entity]) -> dict[Entity, Document | None]:
        found = self._store.get_many([mark_key(one) for one in entities]) if entities else []
        return dict(zip(entities, found, strict=True))

    def _remove(self, at_rest: AtRest) -> None:
        def decide() -> list[Write]:
            [held] = self._store.get_many([mark_key(at_rest.entity)])
            return at_rest.after(held)

        if at_rest.mark is not None:
            decide_and_commit(self._store, decide)

    def _read_leads(self, entities: Sequence[Entity], with_contacts: bool) -> None:
        resting = self._at_rest(entities)
        alive = self._crm.read_leads([one.external_id for one in entities])
        self._read_former(resting, alive)
        self.shown.update({external_id: lead.updated_at for external_id, lead in alive.items()})
        gone = [one.entity.external_id for one in resting if one.is_known and one.entity.external_id not in alive]
        histories = self._crm.histories([*alive, *gone])
        keys = self._keys(resting, alive, with_contacts)
        changes = self._changes(resting, alive)
        readings = [
            Reading(
                one,
                lead,
                _until_lost(lead, histories.get(lead.external_id, NOTHING_TOLD)),
                *keys.get(lead.external_id, NO_KEYS),
                changes.get(lead.external_id, ()),
            )
            for one in resting
            if (lead := alive.get(one.entity.external_id)) is not None
        ]
        self._apply(sorted(readings, key=lambda one: bool(one.lead.continues)))  # what they go on from comes first
        lost = [one for one in resting if one.entity.external_id not in alive]
        lost += self._at_rest([one.at_rest.entity for one in readings if one.lead.is_gone])
        for one in lost:  # last, because the survivor of a merge may be among the others
            self._lose(one, histories.get(one.entity.external_id, NOTHING_TOLD))

    def _read_former(self, resting: Sequence[AtRest], alive: Mapping[str, CrmLead]) -> None:
        """Read what deals that are met for the first time were made of, if that is not known either."""
        unmet = [one.entity for one in resting if one.ref is None]
        asked = {one.entity.external_id for one in resting}
        found = [(one.crm, alive[one.external_id].continues) for one in unmet if one.external_id in alive]
        former = [Entity(crm, LEAD, id_) for crm, ids in found for id_ in dict.fromkeys(ids) if id_ not in asked]
        refs = self._store.get_many([ref_key(one.crm, one.external_id) for one in former]) if former else []
        self._read_all(list(dict.fromkeys(one for one, ref in zip(former, refs, strict=True) if ref is None)))

    def _at_rest(self, entities: Sequence[Entity]) -> list[AtRest]:
        marks = self._resting_marks(entities)
        for held in marks.values():  # before their leads are read, which it may change
            look_again(self._runtime, owed(held), owed(held), owed(held))
        refs = self._store.get_many([ref_key(one.crm, one.external_id) for one in entities])
        on_them = [list(CrmRef.of(ref).leads) if ref is not None else [] for ref in refs]
        lead_ids = sorted({lead_id for ids in on_them for lead_id in ids})
        leads = self._store.get_many([Key("lead", lead_id) for lead_id in lead_ids]) if lead_ids else []
        found = {document.key.id: document for document in leads if document is not None}
        return [
            AtRest(one, marks[one], ref, {lead_id: found[lead_id] for lead_id in ids if lead_id in found})
            for one, ref, ids in zip(entities, refs, on_them, strict=True)
        ]

    def _keys(
        self, resting: Sequence[AtRest], alive: Mapping[str, CrmLead], with_contacts: bool
    ) -> dict[str, KeysFound]:
        """Contact keys of deals ``with_contacts``, and of those that want them; never in the mode ``none``."""
        if self._policy.contacts.mode is ContactMode.NONE:
            return {}
        told = {lead.external_id: keys_told(lead.keys) for lead in alive.values() if lead.keys}
        found = [(one, alive.get(one.entity.external_id)) for one in resting]
        named = [(one, lead) for one, lead in found if lead is not None and lead.contact_ids]
        wanted = [lead for one, lead in named if with_contacts or lead.communication or self._wants_keys(one, lead)]
        contact_ids = [contact_id for lead in wanted for contact_id in lead.contact_ids]
        if not contact_ids:
            return told
        points = self._crm.contact_points(contact_ids)
        ring = KeyRing.of(self._runtime.secrets)
        read = {lead.external_id: keys_of_deal(self._policy, ring, lead.contact_ids, points) for lead in wanted}
        return {**told, **read}

    def _changes(
        self, resting: Sequence[AtRest], alive: Mapping[str, CrmLead]
    ) -> Mapping[str, tuple[FieldChange, ...]]:
        """Who changed source fields: asked only about deals that show another text than their leads heard of."""
        changed: dict[str, frozenset[str]] = {}
        met = ((one, alive.get(one.entity.external_id)) for one in resting)
        for one, entity in ((one, entity) for one, entity in met if entity is not None):
            for document in one.leads.values():
                heard = heard_of(one.entity.crm, entity.external_id, Lead.of(document).facts)
                fields = changed_fields(self._policy, heard, source_of(self._policy, entity))
                changed[entity.external_id] = changed.get(entity.external_id, frozenset()) | fields
        asked = {external_id: fields for external_id, fields in changed.items() if fields}
        return self._crm.field_changes(list(asked), frozenset().union(*asked.values())) if asked else {}

    def _wants_keys(self, one: AtRest, lead: CrmLead) -> bool:
        """Whether its lead is not found without its contacts, has none of its own, or its main one is another now."""
        ref = CrmRef.of(one.ref) if one.ref is not None else None
        if lead.external_id in lead.contact_ids and ref is not None and ref.leads:
            return ref.alias_of is None  # its own phone may be what has changed
        if ref is not None and ref.leads:
            owner = one.leads.get(ref.owner or "")
            is_without = owner is not None and not owner.fields.get("key_ids")
            return is_without or ref.contact_ids[:1] != lead.contact_ids[:1]
        signs = signs_of(lead)
        candidates = candidates_of(self._store, self._policy, signs)
        found = match(self._policy, signs, candidates).lead_id
        return not any(candidate.lead_id == found and candidate.key_ids for candidate in candidates)

    def _apply(self, readings: Sequence[Reading]) -> None:
        """Deals known already go into one commit, unless one takes a lead: what another finds depends on that."""
        batch = Batch(self._store)
        for reading in readings:
            decision = decision_on(self._store, self._policy, reading, self._runtime.clock.now())
            if not (reading.at_rest.leads and batch.take(decision)):
                self._flush(batch)
                self._settle(decision)
        self._flush(batch)

    def _flush(self, batch: Batch) -> None:
        decisions = batch.decisions
        if batch.commit():
            for decision in decisions:
                self._tell(decision)
        else:
            for decision in decisions:
                self._settle(decision)

    def _settle(self, decision: ReadingCommit) -> None:
        if self._commit(decision.reading.at_rest.entity, decision):
            self._tell(decision)

    def _tell(self, decision: ReadingCommit) -> None:
        reading = decision.reading
        if decision.match is not None and (decision.linked or not reading.at_rest.leads):  # nobody's still: no news
            lead_id, verdict = decision.match
            about = {"crm": self._crm.name, "external_id": reading.lead.external_id, "lead_id": lead_id}
            event = "crm_entity_matched" if verdict else "crm_entity_unmatched"
            self._runtime.log.info(event, **about, rule=verdict.rule, reason=verdict.reason)
        self._tell_corners(decision)
        self._tell_refusal(decision)
        look_again(self._runtime, decision.taught, decision.found_anew, decision.unsettled)
        if decision.leaves_owing:
            decide_and_commit(self._store, decision.decide_done)
        for lead_id in decision.linked:
            self._announce(lead_id, reading.lead.external_id)
        for lead_id in decision.told_anew:
            self._announce(lead_id, reading.lead.external_id, timestamps.to_text(reading.lead.updated_at))

    def _tell_corners(self, decision: ReadingCommit) -> None:
        lead = decision.reading.lead
        about = {"crm": self._crm.name, "external_id": lead.external_id}
        if decision.continued:
            self._runtime.log.info("crm_entity_converted", **about, made_of=", ".join(decision.continued))
        if lead.other_currency is not None:
            reason = f"its price is in {lead.other_currency}, and prices are counted in {self._policy.site.currency}"
            what_to_do = "change the currency in the deal; until then it counts as a deal without a price"
            self._runtime.log.warning("crm_price_not_counted", **about, reason=reason, what_to_do=what_to_do)

    def _tell_refusal(self, decision: ReadingCommit | LossCommit) -> None:
        if decision.refusal is not None:
            tell_too_large(self._runtime.log, decision.refusal)

    def _lose(self, at_rest: AtRest, history: History) -> None:
        entity, survivor = at_rest.entity, None
        if self._policy.is_tracker(entity.crm):
            now = self._runtime.clock.now()
            decide_and_commit(self._store, lambda: missing_row(self._store, at_rest, now))
            return
        into = history.losses[-1].into if history.losses else None  # told, perhaps of one that was deleted before
        if at_rest.is_known or into is not None:
            deal = Deal.read(self._store, self._policy, entity.crm, entity.external_id, at_rest.ref)
            survivor = find_survivor(self._store, self._policy, self._crm, deal, history)
        now = self._runtime.clock.now()
        decision = LossCommit(self._store, self._policy, at_rest, history, survivor, now)
        if self._commit(entity, decision) and at_rest.ref is not None and not decision.waits:
            self._tell_refusal(decision)
            about = {"crm": entity.crm, "external_id": entity.external_id, "into": survivor}
            self._runtime.log.info("crm_entity_lost", **about)

    def _commit(self, entity: Entity, decision: ReadingCommit | LossCommit) -> bool:
        """Whether it was committed; otherwise the entity is marked, to be read at once or in a day."""
        now = self._runtime.clock.now()
        try:
            decide_and_commit(self._store, decision.decide)
        except (ReadingOvertaken, PreconditionFailed):
            mark(self._store, [entity], now)
            return False
        except (DocumentTooLarge, CommitTooLarge) as refusal:
            tell_too_large(self._runtime.log, refusal)
            [held] = self._store.get_many([mark_key(entity)])
            self._store.commit([postponed(entity, held, now + _SET_ASIDE)])
            return False
        return True

    def _announce(self, lead_id: str, external_id: str, *why: str) -> None:
        """Let deliver-lead look after the lead at once; its delivery is due anyway, so a failure costs only time."""
        event_id = follow_up_id(f"{self._crm.name}-{external_id}", "linked", lead_id, *why)
        try:
            self._runtime.bus.publish("leads", LeadRegistered(event_id=event_id, lead_id=lead_id))
        except PublishFailed as fault:
            self._runtime.log.warning("follow_up_put_off", event_id=event_id, reason=str(fault))


def _until_lost(lead: CrmLead, history: History) -> History:
    """What the feed tells of a deal; that one is gone is told when it is lost."""
    return history._replace(losses=None) if lead.is_gone else history
