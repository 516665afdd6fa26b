"""A captured form post becomes a lead, or facts of one: lead, keys, repeats, totals and outcome in one commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from leadloop.facts import Fact, TooManyFacts
from leadloop.json_types import Json, JsonObject
from leadloop.leads import facts_of
from leadloop.leads.delivery import due_again
from leadloop.leads.family import place, settle
from leadloop.leads.lead import Lead
from leadloop.leads.velocity import in_its_places, look_round
from leadloop.leads.verdicts import recall_verdicts
from leadloop.leads.visiting import recall, tell_refused
from leadloop.leads.writing import decide_and_commit, lead_writes
from leadloop.messages import LeadCaptured, SubmissionUnreadable, encode
from leadloop.outcomes import Outcome, outcome, outcome_key
from leadloop.policy import Policy
from leadloop.ports.log import Log
from leadloop.ports.store import Document, DocumentTooLarge, Key, Store, Write
from leadloop.quarantine import quarantined, seal_body
from leadloop.queries import leads_of_submission
from leadloop.verdict import Verdict


class Registration(NamedTuple):
    """How a submission ended, now or at an earlier delivery of the same message."""

    lead_id: str
    ended: Outcome
    verdict: Verdict
    left_out: Verdict | None = None
    """Why the lead could not hold a visit of its ClientID, if so."""

    @property
    def is_of_lead(self) -> bool:
        """Whether a lead knows of it now: it was neither set aside nor a test."""
        return self.ended in (Outcome.APPLIED, Outcome.DUPLICATE)


def register(store: Store, policy: Policy, captured: LeadCaptured, now: datetime) -> Registration:
    """Register a submission; any number of deliveries, in any order, give the same state.

    A lead that can hold no more (``TooManyFacts``, or 1 MiB) quarantines the submission; a test lead is kept apart.
    Raises ``StoreUnavailable``, or ``PreconditionFailed`` when others keep writing the same documents.
    """
    if captured.submission.trial is not None:
        from leadloop.leads.trials import HELD, as_lead, keep_trial  # hardly any post is one

        if keep_trial(store, policy, captured, now):
            return Registration(captured.submission.lead_id, Outcome.HELD, HELD)
        captured = as_lead(captured)
    registrar = _Registrar(store, policy, captured, now)
    try:
        decide_and_commit(store, registrar.decide)
    except DocumentTooLarge as full:
        registrar.refusal = Verdict(False, "lead.too_large", str(full))
        decide_and_commit(store, registrar.decide)
    if not registrar.done.is_of_lead:
        return registrar.done
    # After the commit, also one found done: whoever came meanwhile did not see the lead.
    if not registrar.is_settled:
        settle(store, policy, registrar.done.lead_id)
    look_round(store, policy, registrar.done.lead_id, registrar.before)
    recall_verdicts(store, policy, registrar.done.lead_id)
    return registrar.done._replace(left_out=recall(store, policy, registrar.done.lead_id))


def keep_unreadable(store: Store, policy: Policy, unreadable: SubmissionUnreadable, now: datetime) -> None:
    """Keep a form post that could not be understood, and count it. Raises as ``register`` does."""

    def decide() -> list[Write]:
        [done] = store.get_many([outcome_key(unreadable.event_id)])
        if done is not None:
            return []
        kept = quarantined(
            policy,
            unreadable.event_id,
            "submission",
            unreadable.reason,
            unreadable.body_sealed,
            unreadable.received_at,
            content_type=unreadable.content_type,
            size=unreadable.size,
        )
        verdict = Verdict(False, "submission.unreadable", unreadable.reason)
        return [kept, outcome(unreadable.event_id, "submission", Outcome.QUARANTINED, verdict, now)]

    decide_and_commit(store, decide)


def tell_ended(log: Log, event_id: str, done: Registration) -> None:
    """Say how a submission ended."""
    ended: dict[str, Json] = {"outcome": done.ended.value, "rule": done.verdict.rule, "reason": done.verdict.reason}
    log.info("submission_ended", event_id=event_id, lead_id=done.lead_id, **ended)
    if done.ended is Outcome.QUARANTINED:
        tell_quarantined(log, event_id, done.verdict.reason)
    if done.left_out is not None:
        tell_refused(log, done.lead_id, done.left_out)


def tell_quarantined(log: Log, event_id: str, reason: str) -> None:
    """Say that a form post was set aside, and what to do; told once the commit is done."""
    what_to_do = "see `leadloop quarantine`; correct the sender"
    log.warning("submission_quarantined", event_id=event_id, reason=reason, what_to_do=what_to_do)


class _Registrar:
    """One submission's decision, made anew after each conflict."""

    def __init__(self, store: Store, policy: Policy, captured: LeadCaptured, now: datetime) -> None:
        self.store = store
        self.policy = policy
        self.captured = captured
        self.sent = captured.submission
        self.now = now
        self.refusal: Verdict | None = None
        self.is_settled = False
        """Whether nobody else's commit could have changed the lead's place meanwhile; not known of one found done."""
        self.before: Lead | None = None
        """The lead as it was before this commit; not known of one found done."""
        self.done: Registration

    def decide(self) -> Sequence[Write]:
        lead_key = Key("lead", self.sent.lead_id)
        ended, document = self.store.get_many([outcome_key(self.captured.event_id), lead_key])
        self.is_settled, self.before = False, None
        if ended is not None:
            self.done = _ended_before(self.sent.lead_id, ended)
            return []
        lead = Lead(id=self.sent.lead_id) if document is None else Lead.of(document)
        try:
            if self.refusal is not None:
                return self._quarantine(self.refusal)
            return self._add(lead, document.version if document else None, facts_of.submission(self.sent))
        except TooManyFacts as full:
            return self._quarantine(Verdict(False, "lead.too_many_facts", str(full)))

    def _add(self, lead: Lead, version: str | None, fact: Fact) -> list[Write]:
        is_known = any(held.id == fact.id for held in lead.facts)
        self.before = lead
        among = place(self.store, self.policy, in_its_places(self.policy, lead.with_facts((fact,))))
        placed, self.is_settled = among.leads[lead.id], among.is_settled
        writes = [] if placed == lead else lead_writes(self.policy, placed, version)
        # what the CRM shows of the others may be another now; this one is announced
        writes += [*among.writes, *due_again(self.store, self.policy, among.writes)]
        if is_known:
            verdict = Verdict(False, "submission.repeated", "the same form post was registered before")
            return [*writes, self._end(Outcome.DUPLICATE, verdict)]
        return [*writes, self._end(Outcome.APPLIED, self._verdict_on_new(version is None))]

    def _verdict_on_new(self, is_new_lead: bool) -> Verdict:
        if not is_new_lead:
            return Verdict(True, "submission.facts_added", "a known lead was sent again with something new")
        if self.sent.submission_id and self._others_of_submission():
            reason = "another lead came under the same submission id with another contact or content"
            return Verdict(True, "submission.conflicting", reason)
        return Verdict(True, "submission.registered", "a new lead")

    def _others_of_submission(self) -> bool:
        page = self.store.query(leads_of_submission(self.sent.submission_id or "", limit=2))
        return any(other.key.id != self.sent.lead_id for other in page.documents)

    def _quarantine(self, verdict: Verdict) -> list[Write]:
        body, id_ = encode(self.captured), self.captured.event_id
        about: JsonObject = {"lead_id": self.sent.lead_id, "size": len(body)}
        sealed = seal_body(self.policy, body)
        kept = quarantined(self.policy, id_, "submission", verdict.reason, sealed, self.now, **about)
        return [kept, self._end(Outcome.QUARANTINED, verdict)]

    def _end(self, ended: Outcome, verdict: Verdict) -> Write:
        self.done = Registration(self.sent.lead_id, ended, verdict)
        return outcome(self.captured.event_id, "submission", ended, verdict, self.now, about=self.sent.lead_id)


def _ended_before(lead_id: str, document: Document) -> Registration:
    fields: Mapping[str, object] = document.fields
    verdict = Verdict(fields.get("outcome") == Outcome.APPLIED, str(fields.get("rule")), str(fields.get("reason")))
    return Registration(lead_id, Outcome(str(fields.get("outcome"))), verdict)
