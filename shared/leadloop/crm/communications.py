"""A call, a chat or a request, read: a touch of a lead that is known, or after a while a lead of its own.

It shares everything with the reading of a deal but what a deal is: it is matched to leads on any deal, it never becomes
a lead's deal, and what the tracker does not show is not deleted but still to come.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from leadloop import timestamps
from leadloop.crm.deal_signs import CLICKS, heard_of, source_of
from leadloop.crm.deals import Deal
from leadloop.crm.marks import mark_key, missed, missed_since
from leadloop.crm.port import CrmLead, Transition
from leadloop.crm.readings import AtRest, Reading, ReadingCommit, signs_of
from leadloop.digests import digest
from leadloop.facts import Fact
from leadloop.json_types import Json, JsonObject
from leadloop.leads import facts_of
from leadloop.leads.delivery import seen_to
from leadloop.leads.lead import Lead
from leadloop.leads.matching import candidates_of, match_communication
from leadloop.policy import Policy
from leadloop.ports.store import Document, Store, Write

IDS_JOIN_WITHIN = timedelta(minutes=15)
"""A communication without ids of its own waits so long for them, before it counts as nobody's."""
ROW_COMES_WITHIN = timedelta(hours=2)
"""A notification may be about a call that still goes on, and shows in no report before it is over."""
_LOOK_AGAIN = timedelta(minutes=5)
_TICK = timedelta(microseconds=1)


class CommunicationCommit(ReadingCommit):
    """Decides the writes of one reading of a communication; made for ``decide_and_commit``."""

    def _match(self, deal: Deal) -> None:
        """Find the lead it is a touch of; once it has waited, it is one itself if the policy says so."""
        if deal.leads:
            return
        lead, signs = self.reading.lead, signs_of(self.reading.lead, self.reading.key_ids)
        has_waited = self._has_waited(deal)
        candidates = candidates_of(self._store, self._policy, signs, born_anywhere=True)
        self.match = match_communication(self._policy, signs, candidates, may_wait=not has_waited)
        if self._is_of_trial(deal, signs, candidates):
            return
        if self.match.lead_id is not None:
            deal.take(self.match.lead_id, self.match.verdict.rule, lead.created_at)
        elif has_waited and self._makes_lead():
            born = digest("crm", deal.ref.crm, "lead", deal.ref.external_id)
            deal.take(born, "born_of_communication", lead.created_at)

    def _makes_lead(self) -> bool:
        tracker, told = self._policy.call_tracker, self.reading.lead.communication
        if tracker is None or told is None:
            return False
        return tracker.makes_lead(told.medium, is_incoming=told.is_incoming, is_answered=told.is_answered)

    def _waits_until(self, deal: Deal) -> str:
        lead = self.reading.lead
        wait = self._policy.defaults.born_in_crm_wait
        until = lead.created_at + (wait if lead.ids else max(wait, IDS_JOIN_WITHIN))
        return deal.ref.waits_until or timestamps.to_text(until)

    def _wait(self, deal: Deal, mark: Document | None) -> Sequence[Write]:
        """One that is no lead whoever made it waits without a reference of its own; in the end nothing rests of it."""
        at_rest = self.reading.at_rest
        if deal.ref.of_trial is None and self._has_waited(deal):
            return at_rest.after(mark)
        if not self._makes_lead():
            return at_rest.after(mark, timestamps.from_text(self._waits_until(deal)))
        return super()._wait(deal, mark)

    def _tell(self, deal: Deal) -> bool:
        reading = self.reading
        for lead_id, lead in list(deal.leads.items()):
            keys = reading.main_key_ids
            deal.give(lead_id, facts_about(self._policy, deal.ref.crm, lead, reading.lead, reading.history.moves, keys))
        return True

    def _seen(self, deal: Deal) -> dict[str, object]:
        """Nothing: a row has no time of change, and its caller no contact in the tracker."""
        del deal
        return {}

    def _deliveries(self, deal: Deal, changed: Sequence[Write]) -> list[Write]:
        """Besides the usual, ids that a lead on a deal was lent here are yet to be written into the CRM."""
        states = {lead_id: lead.state(self._policy) for lead_id, lead in deal.leads.items()}
        before = {
            lead_id: held.state(self._policy) for lead_id in states if (held := deal.at_rest(lead_id)) is not None
        }
        lent = {id_: states[id_].crm_ref for id_, known in before.items() if known.ids != states[id_].ids}
        due = {write.key: write for write in seen_to(self._store, self._policy, lent)}
        return list({**due, **{write.key: write for write in super()._deliveries(deal, changed)}}.values())


def decision_on(store: Store, policy: Policy, reading: Reading, now: datetime) -> ReadingCommit:
    """The commit of a reading, whatever it is of."""
    kind = ReadingCommit if reading.lead.communication is None else CommunicationCommit
    return kind(store, policy, reading, now)


def facts_about(
    policy: Policy, crm: str, lead: Lead, entity: CrmLead, moves: Sequence[Transition], key_ids: Sequence[str]
) -> list[Fact]:
    """What a communication tells a lead: that it was, ids and keys, where it came from, a visit, stages by tags.

    Each id is a fact by itself: whether it was there at once or joined late, the lead knows the same in the end.
    """
    external_id, at, told = entity.external_id, entity.created_at, entity.communication
    assert told is not None  # noqa: S101 - it was read as a communication
    facts = [
        facts_of.contact(crm, external_id, told.medium.value, at, incoming=told.is_incoming, answered=told.is_answered)
    ]
    if key_ids:
        facts.append(facts_of.observed_ids(crm, external_id, {}, tuple(key_ids), at))
    facts += [facts_of.observed_ids(crm, external_id, {name: id_}, (), at) for name, id_ in entity.ids.items()]
    client_id = entity.ids.get("client_id")
    if client_id and client_id not in lead.shared_clients:  # the number was shown to the visitor of a session
        facts.append(facts_of.visit(client_id, at))
    facts += [facts_of.stage_entry(crm, external_id, *move.after, move.at, exact=True) for move in moves]
    view = _view(policy, crm, lead, entity)
    return [*facts, view] if view is not None else facts


def missing_row(store: Store, at_rest: AtRest, now: datetime) -> list[Write]:
    """The writes for a communication that the tracker does not show: its row may be still to come.

    One that is known is of a time that reports no longer cover; nothing of it changes.
    """
    [held] = store.get_many([mark_key(at_rest.entity)])
    removed = at_rest.after(held)
    is_over = at_rest.ref is not None or now - (missed_since(held) or now) >= ROW_COMES_WITHIN
    if is_over or (held is not None and not removed):
        return removed
    return [missed(at_rest.entity, held, now, now + _LOOK_AGAIN)]


def _view(policy: Policy, crm: str, lead: Lead, entity: CrmLead) -> Fact | None:
    """Where it came from and how long it took; ``None`` when the lead has heard that. Marks of a visit join late."""
    heard = heard_of(crm, entity.external_id, lead.facts).view
    sources: dict[str, Json] = {name: text for name, text in source_of(policy, entity).items() if name not in CLICKS}
    shown: JsonObject = {"source": sources, "call_seconds": entity.call_seconds}
    if heard is None:
        return facts_of.deal_view(crm, entity.external_id, shown, entity.created_at)
    if shown == {name: heard.values.get(name) for name in shown}:
        return None
    return facts_of.deal_view(crm, entity.external_id, shown, heard.occurred_at + _TICK)
