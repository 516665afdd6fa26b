"""One entity, read: from what the CRM said to one commit of its leads, its reference and its mark."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from leadloop import timestamps
from leadloop.crm.continuing import continue_from, former_of, share
from leadloop.crm.deals import Deal
from leadloop.crm.entity_facts import facts_about
from leadloop.crm.marks import Entity, mark_key, owed, owing
from leadloop.crm.own_fields import is_told_anew
from leadloop.crm.port import CrmLead, FieldChange, History, Status
from leadloop.crm.stages import RECHECK, Entry, read_stages
from leadloop.digests import digest
from leadloop.facts import Fact, FactKind
from leadloop.leads import facts_of
from leadloop.leads.crm_refs import CrmRef, ref_key
from leadloop.leads.delivery import Delivery, DeliveryState, delivery_key, due_again, names_due
from leadloop.leads.family import matters_to_others, place
from leadloop.leads.matching import SAME_MOMENT, Candidate, Match, Signs, candidates_of, match
from leadloop.leads.state import DELETED, MERGED
from leadloop.leads.trials import origin_among_trials
from leadloop.leads.verdicts import needs_verdicts
from leadloop.leads.visiting import needs_recall, visits_of
from leadloop.policy import Policy
from leadloop.ports.store import Create, Delete, Document, Store, Update, Write
from leadloop.verdict import Verdict

SAME_CHANGE = timedelta(seconds=2)
"""A deal's time of last change may be that much later than the transition or the price that it is about."""


class ReadingOvertaken(Exception):
    """What rests changed after the CRM was asked, so the answer may be older than it; ask again."""


class AtRest(NamedTuple):
    """What rested of an entity before the CRM was asked about it."""

    entity: Entity
    mark: Document | None = None
    ref: Document | None = None
    leads: Mapping[str, Document] = {}
    """The leads on it. A reading that tells them something changes them, and nothing else need change."""

    @property
    def is_known(self) -> bool:
        """Whether it is a deal that we know, and do not know to be gone."""
        return self.ref is not None and CrmRef.of(self.ref).gone is None

    def refuse_overtaken(self, ref: Document | None, leads: Mapping[str, str]) -> None:
        """Raises ``ReadingOvertaken`` unless the reference and its leads are still the same (by their versions)."""
        versions = {lead_id: document.version for lead_id, document in self.leads.items()}
        if (_version(self.ref), versions) != (_version(ref), leads):
            raise ReadingOvertaken

    def after(self, mark: Document | None, due: datetime | None = None) -> list[Write]:
        """Remove the mark that rests now, or keep one until ``due``; one left or renewed since stays as it is."""
        if _version(mark) != _version(self.mark):
            return []
        if due is not None:
            return [owing(self.entity, mark, due, ())]
        return [Delete(mark.key, mark.version)] if mark is not None else []

    def owing(self, mark: Document | None, now: datetime, lead_ids: Collection[str]) -> Create | Update:
        """Name leads in the mark, so that a death after this commit is made good: due now, as others will find it.

        What the mark named before is done with, unless others renewed it since.
        """
        still = owed(mark) if _version(mark) != _version(self.mark) else ()
        return owing(self.entity, mark, now, {*lead_ids, *still})


class Reading(NamedTuple):
    """What the CRM said of one entity, and what rested of it before."""

    at_rest: AtRest
    lead: CrmLead
    history: History
    key_ids: frozenset[str] = frozenset()
    """Keys of its contacts under every key of the ring; empty when they were not read."""
    own_key_ids: tuple[str, ...] = ()
    """Of these the ones a lead is filed under."""
    main_key_ids: tuple[str, ...] = ()
    """Of those the main contact's."""
    changes: tuple[FieldChange, ...] = ()
    """Who changed its source fields, if they show something else than before."""


class ReadingCommit:
    """Decides the writes of one reading; made for ``decide_and_commit``."""

    def __init__(self, store: Store, policy: Policy, reading: Reading, now: datetime) -> None:
        self._store = store
        self._policy = policy
        self.reading = reading
        self._now = now
        self.linked: tuple[str, ...] = ()
        """Leads from the site that this reading put on the deal."""
        self.match: Match | None = None
        """How the deal was matched, when it had to be."""
        self.continued: tuple[str, ...] = ()
        """Leads of the CRM that the deal was made of, and goes on from."""
        self.told_anew: tuple[str, ...] = ()
        """Other leads of which the CRM is to show something else from now on."""
        self.taught: list[str] = []
        """Leads that this reading taught a ClientID: visits recorded at the same moment may not have seen them."""
        self.found_anew: tuple[str, ...] = ()
        """Leads that have an id from now on by which verdicts may wait for them."""
        self.refusal: str | None = None
        """Why facts were not given to a lead; ``None`` where that is known already."""
        self.is_placed = False
        """Whether leads on it were placed among others of their persons, which some other commit may be changing."""
        self.unsettled: list[str] = []
        """Leads whose place is to be looked at once more after the commit (``leadloop.leads.family.settle``)."""
        self._owing: Create | Update | None = None
        """The mark that names the leads to which something is owed after the commit; ``None`` if it is to stay."""
        self._due: datetime | None = None
        """Until when a mark is kept once nothing is owed."""

    def decide(self) -> Sequence[Write]:
        """The writes; none but the mark's when nothing is new. Raises ``ReadingOvertaken``."""
        reading, entity = self.reading, self.reading.at_rest.entity
        ref, mark = self._store.get_many([ref_key(entity.crm, entity.external_id), mark_key(entity)])
        deal = Deal.read(self._store, self._policy, entity.crm, entity.external_id, ref)
        reading.at_rest.refuse_overtaken(ref, deal.versions)
        self.linked, self.continued, self._owing = (), (), None
        former = former_of(self._store, self._policy, deal, reading.lead)
        self._continue(deal, [one for one in former.free if one.leads or one.ref.of_trial])
        self.continued += tuple(one.external_id for one in former.shared if share(deal, one, reading.lead))
        self._match(deal)
        if not deal.leads:
            return self._wait(deal, mark)
        self._continue(deal, [one for one in former.free if one.ref.alias_of is None])
        due = None if self._tell(deal) else self._now + RECHECK
        self._recall_visits(deal)
        leads = deal.leads.items()
        self.found_anew = tuple(id_ for id_, lead in leads if needs_verdicts(self._policy, deal.at_rest(id_), lead))
        others = self._place(deal)
        self.refusal = deal.refusal
        writes = [*deal.writes(), *others, *(write for one in former.free for write in one.writes())]
        return [*self._deliveries(deal, writes), *writes, *self._mark(mark, due)]

    @property
    def leaves_owing(self) -> bool:
        """Whether the mark is to be written once more, after what it names was done (``decide_done``)."""
        return self._owing is not None

    def decide_done(self) -> Sequence[Write]:
        """Nothing is owed any more: remove the mark or keep it until due; one renewed meanwhile stays as it is."""
        entity = self.reading.at_rest.entity
        [mark] = self._store.get_many([mark_key(entity)])
        is_as_written = mark is not None and self._owing is not None and mark.fields == self._owing.fields
        return AtRest(entity, mark).after(mark, self._due) if is_as_written else []

    def _mark(self, mark: Document | None, due: datetime | None) -> Sequence[Write]:
        owed_to, at_rest = {*self.taught, *self.found_anew, *self.unsettled}, self.reading.at_rest
        if not owed_to:
            return at_rest.after(mark, due)
        write = at_rest.owing(mark, self._now, owed_to)
        if _version(mark) == _version(at_rest.mark):
            self._owing, self._due = write, due
        return [write]

    def _continue(self, deal: Deal, former: Sequence[Deal]) -> None:
        """Take over what was known of leads that the deal was made of."""
        for one in former:
            continue_from(deal, one, self.reading.lead)
        self.continued += tuple(one.ref.external_id for one in former)

    def _match(self, deal: Deal) -> None:
        """Find the lead of a deal that has none from outside; a deal that waited long enough is born in the CRM."""
        if deal.ref.frozen or any(deal.is_born_outside(lead_id) for lead_id in deal.leads):
            return
        lead, signs = self.reading.lead, signs_of(self.reading.lead, self.reading.key_ids)
        may_wait = not deal.leads and not self._has_waited(deal)
        candidates = candidates_of(self._store, self._policy, signs)
        self.match = match(self._policy, signs, candidates, may_wait=may_wait)
        if not deal.leads and self._is_of_trial(deal, signs, candidates):
            return
        if self.match.lead_id is not None:
            deal.join(self.match.lead_id, self.match.verdict.rule, lead.created_at)
            self.linked = (self.match.lead_id,)
        elif not deal.leads and self._has_waited(deal):
            born = digest("crm", deal.ref.crm, "lead", deal.ref.external_id)
            deal.join(born, "born_in_crm", lead.created_at)
            keys = self.reading.own_key_ids
            if keys:
                crm, external_id = deal.ref.crm, deal.ref.external_id
                deal.give(born, [facts_of.observed_ids(crm, external_id, {}, keys, lead.created_at)])

    def _is_of_trial(self, deal: Deal, signs: Signs, candidates: Sequence[Candidate]) -> bool:
        """Whether it is a test lead's, so far as is known; only once its own lead had time to come is it kept so.

        Not if the lead that was found is named by our id, came at the very time of the deal or is nearer to it than the
        test; the first two are its own lead even where it was kept as a test's before.
        """
        match, created_at = self.match, self.reading.lead.created_at
        assert match is not None  # noqa: S101 - it is asked after matching
        apart = next((abs(one.occurred_at - created_at) for one in candidates if one.lead_id == match.lead_id), None)
        if match.verdict.rule == "match.leadloop_id" or (apart is not None and apart <= SAME_MOMENT):
            return False
        if deal.ref.of_trial is not None:
            self.match = None  # said before
            return True
        has_waited = self._has_waited(deal)
        if match.lead_id is None and deal.ref.waits_until is None and not has_waited:
            return False  # it waits in any case: the tests need not be read yet
        trial = origin_among_trials(self._store, self._policy, signs)
        if trial is None or (apart is not None and apart < abs(trial.fact.occurred_at - created_at)):
            return False
        if not has_waited:
            reason = "it is a test lead's so far, and its own lead may be on the way"
            self.match = Match(None, Verdict(False, "match.own_lead_awaited", reason))
            return True
        self.match = Match(None, Verdict(False, "match.test_lead", "the site made it of a test lead: it is nobody's"))
        deal.ref = deal.ref.changed(of_trial=trial.name, waits_until=None)
        return True

    def _has_waited(self, deal: Deal) -> bool:
        return self._waits_until(deal) <= timestamps.to_text(self._now)

    def _waits_until(self, deal: Deal) -> str:
        """By the deal's own time: one that is seen late, for want of its webhook, has waited by then."""
        until = self.reading.lead.created_at + self._policy.defaults.born_in_crm_wait
        return deal.ref.waits_until or timestamps.to_text(until)

    def _wait(self, deal: Deal, mark: Document | None) -> Sequence[Write]:
        if deal.ref.of_trial is not None:
            deal.ref = deal.ref.changed(**self._seen(deal))
            return [*deal.writes(), *self.reading.at_rest.after(mark)]
        until = self._waits_until(deal)
        deal.ref = deal.ref.changed(waits_until=until, **self._seen(deal))
        return [*deal.writes(), *self.reading.at_rest.after(mark, timestamps.from_text(until))]

    def _tell(self, deal: Deal) -> bool:
        """Let its leads know what it shows; whether the CRM's feed of changes had caught up with it."""
        known = deal.last(FactKind.STAGE_ENTERED)
        status = Status(str(known.values["pipeline_id"]), str(known.values["status_id"])) if known else None
        is_explained = status is None and self._is_explained(deal)
        stages = read_stages(
            self.reading.lead, self.reading.history.moves, status, self._now, is_explained=is_explained
        )
        is_settled = self._give(deal, stages.entries)
        self._tell_keys(deal)
        return bool(stages.verdict) and is_settled

    def _give(self, deal: Deal, entries: Sequence[Entry]) -> bool:
        """Tell each lead on the deal; whether the CRM's feed of changes had caught up with it."""
        lead, history, changes, is_settled = self.reading.lead, self.reading.history, self.reading.changes, True
        for lead_id in self._own(deal):
            told = facts_about(self._policy, deal, lead_id, lead, entries, history, changes, self._now)
            deal.give(lead_id, [*told.facts, *self._restored(deal)])
            is_settled = is_settled and told.is_settled
        stays = lead.is_gone or deal.ref.alias_of is not None
        deal.ref = deal.ref.changed(gone=deal.ref.gone if stays else None, **self._seen(deal))
        return is_settled

    def _own(self, deal: Deal) -> list[str]:
        """The leads that it tells of itself: of a merged deal, seen late or again, those that were on it before."""
        if deal.ref.gone != MERGED:
            return list(deal.leads)
        return [lead_id for lead_id in deal.leads if deal.met_at(lead_id) is not None]

    def _is_explained(self, deal: Deal) -> bool:
        """Whether it is known by what else than a move the deal changed last: by a new price, or by our own writing."""
        lead, history = self.reading.lead, self.reading.history
        if history.moves or lead.updated_at <= lead.created_at:
            return False
        is_priced = history.priced_until is not None and history.priced_until >= lead.updated_at
        return is_priced or deal.last_written() >= timestamps.to_text(lead.updated_at)

    def _restored(self, deal: Deal) -> list[Fact]:
        """That a deal known to be deleted is there again, where the CRM's feed does not tell it."""
        if (
            deal.ref.gone != DELETED
            or self.reading.lead.is_gone
            or any(loss.is_back for loss in self.reading.history.losses or ())
        ):
            return []
        lost = deal.last(FactKind.CRM_ENTITY_LOST)
        earliest = lost.occurred_at + timedelta(microseconds=1) if lost is not None else self.reading.lead.updated_at
        at = max(self.reading.lead.updated_at, earliest)
        return [facts_of.crm_entity_restored(deal.ref.crm, deal.ref.external_id, at)]

    def _tell_keys(self, deal: Deal) -> None:
        """The owner learns of contact keys that are new to it: of a phone that was typed in later, or corrected.

        Those it knew stay: a contact that somebody came with once is theirs, whatever the CRM shows now. Only the main
        contact counts: others are agents and relatives, or came along with a deal that was merged into this one.
        """
        owner, keys, lead = deal.ref.owner, self.reading.main_key_ids, self.reading.lead
        if not keys or owner is None or owner not in deal.leads:
            return
        state = deal.leads[owner].state(self._policy)
        if not state.key_ids.issuperset(keys):
            at = deal.met_at(owner) or max(lead.updated_at, state.occurred_at or lead.updated_at)
            deal.give(owner, [facts_of.observed_ids(deal.ref.crm, deal.ref.external_id, {}, keys, at)])

    def _recall_visits(self, deal: Deal) -> None:
        """A lead that learns a ClientID here learns of its visits in the same commit."""
        leads = deal.leads.items()
        self.taught = [id_ for id_, lead in leads if needs_recall(self._policy, deal.at_rest(id_), lead)]
        for lead_id in self.taught:
            deal.give(lead_id, visits_of(self._store, self._policy, deal.leads[lead_id]))

    def _place(self, deal: Deal) -> Sequence[Write]:
        """What the news of its leads changes for other leads of their persons, and for themselves."""
        deal.tell_owner()
        moved = [id_ for id_, lead in deal.leads.items() if matters_to_others(self._policy, deal.at_rest(id_), lead)]
        self.unsettled, self.is_placed = [], bool(moved)
        if not moved:
            return ()
        placed = place(self._store, self._policy, *deal.leads.values())
        deal.leads |= placed.leads
        self.unsettled = [] if placed.is_settled else moved
        return placed.writes

    def _seen(self, deal: Deal) -> dict[str, object]:
        """What is kept of the reading itself: a matter of what the deal shows now, not of how often it was read.

        Only where the CRM does not record losses does it matter when a deal was seen last.
        """
        lead = self.reading.lead
        is_dated = self.reading.history.losses is not None or self._is_told(deal)
        seen = None if is_dated else timestamps.to_text(lead.updated_at)
        return {"seen_updated_at": seen, "contact_ids": lead.contact_ids}

    def _is_told(self, deal: Deal) -> bool:
        """Whether facts, or our own writing, tell of the deal's last change."""
        lead = self.reading.lead
        told_by = timestamps.to_text(lead.updated_at - SAME_CHANGE)
        if deal.told_by_facts >= told_by:
            return True
        is_seen = deal.ref.seen_updated_at == timestamps.to_text(lead.updated_at)
        return not is_seen and deal.last_written() >= told_by

    def _deliveries(self, deal: Deal, changed: Sequence[Write]) -> list[Write]:
        """A lead that was found has arrived in the CRM, and its ids are yet to be written there.

        Others are looked after again if the CRM is to show something else of them, or names a lead that was found by
        our id.
        """
        held = self._store.get_many([delivery_key(lead_id) for lead_id in self.linked])
        writes, naming = [], list[Write]()
        for lead_id, document in zip(self.linked, held, strict=True):
            delivery = Delivery.of(document) if document is not None else Delivery(lead_id=lead_id)
            if delivery.state is not DeliveryState.DELIVERED:
                arrived = delivery.delivered(deal.ref.external_id, self._now)
                writes.append(arrived.write(document.version if document is not None else None))
            naming += names_due(self._store, delivery)
        again = [write for write in changed if write.key.id not in self.linked and self._is_told_anew(deal, write)]
        due = {write.key: write for write in (*naming, *due_again(self._store, self._policy, again))}
        self.told_anew = tuple(key.id for key in due)
        return [*writes, *due.values()]

    def _is_told_anew(self, deal: Deal, changed: Write) -> bool:
        """A lead of another deal was changed because its verdict did; of this deal's own, see."""
        lead = deal.leads.get(changed.key.id)
        return lead is None or is_told_anew(self._policy, deal.at_rest(lead.id), deal.ref.tell(lead))


def signs_of(lead: CrmLead, key_ids: frozenset[str] = frozenset()) -> Signs:
    """What a deal shows of where it came from."""
    ids = (lead.ids.get("client_id"), lead.ids.get("yclid"))
    return Signs(lead.created_at, lead.leadloop_id, lead.submission_id, *ids, key_ids=key_ids)


def _version(document: Document | None) -> str | None:
    return document.version if document is not None else None
