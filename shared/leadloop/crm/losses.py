"""A deal that is no longer in the CRM: deleted, or merged into another that takes over its leads.

A merge leaves no trace that can be asked for by the losing id, so the survivor is looked for among the
live deals of the same contacts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from string import digits

from leadloop import timestamps
from leadloop.crm.deals import Deal
from leadloop.crm.entity_facts import facts_before_loss
from leadloop.crm.marks import Entity, mark_key, mark_writes, missed, missed_since
from leadloop.crm.port import LEAD, Crm, CrmLead, History
from leadloop.crm.readings import SAME_CHANGE, AtRest
from leadloop.crm.stages import FEED_LAG, RECHECK
from leadloop.facts import FactKind
from leadloop.leads import facts_of
from leadloop.leads.crm_refs import CrmRef, ref_key
from leadloop.leads.delivery import due_again
from leadloop.leads.family import matters_to_others, place
from leadloop.leads.fold import crm_ref_id
from leadloop.leads.lead import Lead
from leadloop.leads.relations import Relations
from leadloop.leads.state import CONVERTED, DELETED, MERGED
from leadloop.leads.verdicts import needs_verdicts
from leadloop.policy import ContactMode, Policy
from leadloop.ports.store import Delete, Document, Key, Store, Write
from leadloop.queries import crm_refs_of_contact

_TICK = timedelta(microseconds=1)


def find_survivor(store: Store, policy: Policy, crm: Crm, deal: Deal, history: History) -> str | None:
    """The deal that took over a lost one; ``None`` when nothing points to a merge.

    In the mode ``none`` contacts are not read, and only deals already known are looked at.
    """
    lost = deal.ref
    if history.losses and history.losses[-1].into is not None:
        return history.losses[-1].into
    if not lost.contact_ids or not lost.leads:
        return None
    if policy.contacts.mode is ContactMode.NONE:
        pages = [store.query(crm_refs_of_contact(contact_id)).documents for contact_id in lost.contact_ids]
        ids = {CrmRef.of(document).external_id for page in pages for document in page}
    else:
        ids = set(crm.leads_of_contacts(lost.contact_ids)) | _alike(store, policy, deal)
    former = {one for one in ids if crm_ref_id(lost.crm, one) in lost.aliases}  # one may be there still, converted
    candidates = sorted(ids - {lost.external_id} - former, key=_newest_last)[-crm.most_leads_a_call :]
    alive = crm.read_leads(candidates) if candidates else {}
    lost_at = history.lost_at
    since = timestamps.to_text(lost_at - SAME_CHANGE) if lost_at else max(deal.last_told, deal.last_written())
    return survivor_among(since, alive, lost.leads)


def _alike(store: Store, policy: Policy, deal: Deal) -> set[str]:
    """Others of its sort that share a contact key with one that was its own contact: its phone went with it."""
    lost = deal.ref
    if lost.external_id not in lost.contact_ids:
        return set()
    keys = {key for lead in deal.leads.values() for key in lead.state(policy).key_ids}
    leads = sorted(Relations(store, policy).others_of(keys))
    documents = store.get_many([Key("lead", lead_id) for lead_id in leads]) if leads else []
    refs = [ref for one in documents if one is not None for ref in Lead.of(one).state(policy).crm_refs]
    sort = crm_ref_id(lost.crm, lost.external_id.rstrip(digits))
    return {ref.removeprefix(crm_ref_id(lost.crm, "")) for ref in refs if ref.startswith(sort)}


def _newest_last(external_id: str) -> tuple[int, str]:
    """Ids of most CRMs are numbers that rise, perhaps behind a letter or two: the longer, the newer."""
    return len(external_id), external_id


def survivor_among(since: str, alive: Mapping[str, CrmLead], ours: Collection[str]) -> str | None:
    """The one live deal that carries our id of a lead, or else the only one changed at or after ``since``.

    ``since`` is when the deal was lost, or else when it is known to have changed last. A merge changes the survivor;
    a deal that did not change since took over nothing.
    """
    carrying = [external_id for external_id, lead in alive.items() if lead.leadloop_id in ours]
    changed = [one for one, lead in alive.items() if timestamps.to_text(lead.updated_at) >= since]
    for found in (carrying, changed):
        if len(found) == 1:
            return found[0]
    return None


class LossCommit:
    """Decides the writes for a deal that is gone; made for ``decide_and_commit``."""

    def __init__(
        self,
        store: Store,
        policy: Policy,
        at_rest: AtRest,
        history: History,
        survivor: str | None,
        now: datetime,
    ) -> None:
        self._store = store
        self._policy = policy
        self._at_rest = at_rest
        self._history = history
        self._survivor = survivor
        self._now = now
        self.waits = False
        """Whether it is too early to say what became of the deal."""
        self.refusal: str | None = None
        """Why facts were not given to a lead; ``None`` where that is known already."""

    def decide(self) -> Sequence[Write]:
        """The writes; none but the mark's when the loss was known. Raises ``ReadingOvertaken``.

        One that was taken for deleted is merged once its survivor is known.
        """
        entity = self._at_rest.entity
        ref, mark = self._store.get_many([ref_key(entity.crm, entity.external_id), mark_key(entity)])
        lost = Deal.read(self._store, self._policy, entity.crm, entity.external_id, ref)
        self._at_rest.refuse_overtaken(ref, lost.versions)
        removed = self._at_rest.after(mark)
        if ref is None or lost.ref.alias_of is not None or (lost.ref.gone is not None and self._survivor is None):
            return removed
        if self._survivor is None and (due := self._may_show_by(lost.ref)) is not None:
            self.waits = True
            is_renewed = mark is not None and not removed
            return [] if is_renewed else [missed(entity, mark, self._now, due)]
        if self._survivor is None and not lost.ref.leads and lost.ref.of_trial is None:
            return [Delete(ref.key, ref.version), *removed]  # nobody's: as if it had never been seen
        if self._survivor is None:
            return self._delete(lost, mark)
        return [*self._merge(lost, self._survivor), *removed]

    def _delete(self, lost: Deal, mark: Document | None) -> list[Write]:
        """The reference and its leads in one commit with others of their persons: a deleted sale makes no client.

        What is to be looked at once more after the commit, the mark names, and whoever reads it next does it first.
        """
        self._tell(lost, DELETED, None, self._lost_at)
        lost.ref = lost.ref.changed(gone=DELETED, waits_until=None, seen_updated_at=None)
        moved = [id_ for id_, lead in lost.leads.items() if matters_to_others(self._policy, lost.at_rest(id_), lead)]
        if not moved:
            return [*lost.writes(), *self._at_rest.after(mark)]
        placed = place(self._store, self._policy, *lost.leads.values())
        lost.leads |= placed.leads
        due = due_again(self._store, self._policy, placed.writes)
        looked_at_again = [self._at_rest.owing(mark, self._now, moved)] if not placed.is_settled else []
        return [*lost.writes(), *placed.writes, *due, *(looked_at_again or self._at_rest.after(mark))]

    def _may_show_by(self, lost: CrmRef) -> datetime | None:
        """Until when a survivor may still show itself, or the feed the loss; ``None`` when that is over.

        Without contacts a survivor is known by nothing but a reading of its own, and the webhook that tells of the
        loss may be the first to come: of two pull periods one whole pull lies between.
        """
        missed_at = missed_since(self._at_rest.mark) or self._now
        if self._history.losses is not None and self._history.lost_at is None and self._now < missed_at + FEED_LAG:
            return min(self._now + RECHECK, missed_at + FEED_LAG)
        if self._policy.contacts.mode is not ContactMode.NONE or not lost.contact_ids or not lost.leads:
            return None
        due = missed_at + 2 * self._policy.defaults.pull_period
        return due if self._now < due else None

    def _merge(self, lost: Deal, survivor_id: str) -> list[Write]:
        """Both references and all leads of both in one commit; the survivor is marked to tell its facts to all.

        Verdicts on the survivor are from now on about the leads it takes over, which its mark names for that. If one
        of these owns it from now on, the survivor still shows what was said of its own lead, and is to show this one.
        """
        crm = lost.ref.crm
        survivor = self._heir(crm, survivor_id)
        at, into = self._merged_at(lost), survivor.ref.external_id
        self._tell(lost, MERGED, into, at)
        taken_over = {*lost.leads}
        survivor.take_over(lost, at)
        leads = survivor.leads.items()
        found_anew = [id_ for id_, lead in leads if needs_verdicts(self._policy, survivor.at_rest(id_), lead)]
        marked = mark_writes(self._store, [Entity(crm, LEAD, into)], self._now, found_anew)
        writes = [*lost.writes(), *survivor.writes()]
        new_owner = [one for one in writes if one.key.id in taken_over and one.key.id == survivor.ref.owner]
        return [*writes, *due_again(self._store, self._policy, new_owner), *marked]

    def _heir(self, crm: str, survivor_id: str) -> Deal:
        """The survivor, or the deal that was made of it meanwhile and goes on with what was known of it."""
        [document] = self._store.get_many([ref_key(crm, survivor_id)])
        ref = CrmRef.of(document) if document is not None else None
        if ref is not None and ref.alias_of is not None and ref.gone == CONVERTED:
            return self._heir(crm, ref.alias_of.removeprefix(crm_ref_id(crm, "")))
        return Deal.read(self._store, self._policy, crm, survivor_id, document)

    @property
    def _lost_at(self) -> datetime:
        return self._history.lost_at or self._now

    def _merged_at(self, lost: Deal) -> datetime:
        """When it was merged: after it was taken for deleted, its survivor not being there yet."""
        known = lost.last(FactKind.CRM_ENTITY_LOST)
        return max(self._lost_at, known.occurred_at + _TICK) if known is not None else self._lost_at

    def _tell(self, lost: Deal, how: str, into: str | None, at: datetime) -> None:
        """That the deal is gone, and what happened to it before that nobody has read."""
        fact = facts_of.crm_entity_lost(lost.ref.crm, lost.ref.external_id, how, into, at)
        for lead_id in lost.leads:
            lost.give(lead_id, [*facts_before_loss(self._policy, lost, lead_id, self._history), fact])
        self.refusal = lost.refusal
