"""Leads learn of the verdicts of outside services, whichever was heard of first.

A verdict comes days late, twice, out of order, reversed, and before its lead. So who brings news writes it first and
looks for the other side afterwards, as with visits (``leadloop.leads.visiting``): a verdict rests under each id of its
subject and is then told to the leads that have one of them; a lead that is registered looks for verdicts that rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from leadloop.facts import Fact, TooManyFacts, union
from leadloop.json_types import JsonObject
from leadloop.leads import facts_of
from leadloop.leads.changing import change_at_rest
from leadloop.leads.crm_refs import CrmRef, ref_key
from leadloop.leads.kept_verdicts import KeptVerdicts, key_of
from leadloop.leads.lead import Lead
from leadloop.leads.state import LeadState
from leadloop.leads.verdict_body import AD_IDS
from leadloop.leads.writing import decide_and_commit
from leadloop.messages import VerdictReceived, VerdictUnreadable
from leadloop.outcomes import Outcome, outcome, outcome_key
from leadloop.policy import Policy
from leadloop.ports.log import Log
from leadloop.ports.store import (
    DocumentTooLarge,
    Key,
    PreconditionFailed,
    Query,
    Store,
    Write,
)
from leadloop.quarantine import quarantined
from leadloop.queries import leads_of_submission, leads_with_weak_id
from leadloop.verdict import Verdict

MOST_LEADS = 100
"""Leads of one id that learn of a verdict; a bot's ClientID may have many."""

_NO_LEAD = Verdict(True, "verdict.no_lead_yet", "no lead has an id of its subject so far; it waits for one")
_REPEATED = Verdict(False, "verdict.repeated", "the same verdict was received before")


def record(store: Store, policy: Policy, said: VerdictReceived, now: datetime) -> Verdict:
    """Keep a verdict and tell the leads of its subject; any number of deliveries, in any order, give the same state.

    Costs a write for each id of the subject, one for each lead and one for the outcome. Raises ``StoreUnavailable``,
    or ``PreconditionFailed`` when others keep writing the same documents.
    """
    [ended] = store.get_many([outcome_key(said.event_id)])
    if ended is not None:
        return _REPEATED
    fact = facts_of.outside_verdict(said)
    keys = [key_of(policy, kind, id_) for kind, id_ in sorted(said.subject.items())]
    is_news = _keep(store, keys, fact, said.event_id, now)
    found = _leads_of(store, policy, said.subject)
    refused = [lead_id for lead_id in found[:MOST_LEADS] if _teach(store, policy, lead_id, (fact,)) is not None]
    verdict = _verdict_on(found, refused, is_news)
    about = found[0] if len(found) == 1 else None
    ending = outcome(said.event_id, "verdict", Outcome.APPLIED if verdict else Outcome.DUPLICATE, verdict, now, about)
    try:
        store.commit([ending])
    except PreconditionFailed as conflict:
        if conflict.key != ending.key:
            raise  # the same delivery twice at once is no conflict: the other one has done the same
    return verdict


def recall_verdicts(store: Store, policy: Policy, lead_id: str) -> Verdict | None:
    """Tell a lead of the verdicts on it that were recorded before it came; why it could not hold one, if so.

    Called after the commit that let the lead know its ids, and again by whoever finds that commit done. Reads nothing
    where the policy names no services. Raises as ``record`` does.
    """
    if not policy.fraud.providers:
        return None
    [document] = store.get_many([Key("lead", lead_id)])
    if document is None:
        return None
    lead = Lead.of(document)
    keys = sorted({key_of(policy, kind, id_) for kind, id_ in ids_of(policy, lead.id, lead.state(policy))})
    facts = union((), [fact for kept in _read(store, keys) for fact in kept.facts])
    if {fact.id for fact in facts} <= {fact.id for fact in lead.facts}:
        return None
    return _teach(store, policy, lead_id, facts)


def needs_verdicts(policy: Policy, before: Lead | None, after: Lead) -> bool:
    """Whether verdicts may be about a lead by an id that it did not have before."""
    if not policy.fraud.providers or (before is not None and before.facts == after.facts):
        return False
    known = ids_of(policy, before.id, before.state(policy)) if before is not None else []
    return not {*ids_of(policy, after.id, after.state(policy))} <= {*known}


def ids_of(policy: Policy, lead_id: str, state: LeadState) -> list[tuple[str, str]]:
    """Every id by which a verdict may be about a lead: kind and id."""
    weak = [(kind, id_) for kind, _, id_ in (one.partition(":") for one in state.weak_ids) if kind in AD_IDS]
    prefix = f"{policy.crm.kind}-lead-"
    deals = [("deal_id", ref.removeprefix(prefix)) for ref in state.crm_refs if ref.startswith(prefix)]
    sent = [("submission_id", state.submission_id)] if state.submission_id else []
    return [("lead_id", lead_id), *sent, *weak, *deals]


def keep_unreadable(store: Store, policy: Policy, unreadable: VerdictUnreadable, now: datetime) -> None:
    """Keep a signed webhook that could not be understood, and count it. Raises as ``record`` does."""

    def decide() -> list[Write]:
        [done] = store.get_many([outcome_key(unreadable.event_id)])
        if done is not None:
            return []
        reason, at = unreadable.reason, unreadable.received_at
        about: JsonObject = {"size": unreadable.size}
        kept = quarantined(policy, unreadable.event_id, "verdict", reason, unreadable.body_sealed, at, **about)
        verdict = Verdict(False, "verdict.unreadable", reason)
        return [kept, outcome(unreadable.event_id, "verdict", Outcome.QUARANTINED, verdict, now)]

    decide_and_commit(store, decide)


def tell_recorded(log: Log, event_id: str, verdict: Verdict) -> None:
    """Say what became of a verdict."""
    log.info("verdict_recorded", event_id=event_id, rule=verdict.rule, reason=verdict.reason)


def tell_quarantined(log: Log, unreadable: VerdictUnreadable) -> None:
    """Say that a verdict was set aside, and what to do; told once the commit is done."""
    what_to_do = "see `leadloop quarantine`; correct the sender, or fraud.providers"
    log.warning("verdict_quarantined", event_id=unreadable.event_id, reason=unreadable.reason, what_to_do=what_to_do)


def _verdict_on(found: Sequence[str], refused: Sequence[str], is_news: bool) -> Verdict:
    if not is_news:
        return _REPEATED
    if not found:
        return _NO_LEAD
    told = f"leads of its subject: {len(found[:MOST_LEADS]) - len(refused)}"
    if len(found) > MOST_LEADS:
        told += f"; there are more, which were left out: nobody has more than {MOST_LEADS} leads"
    if refused:
        told += f"; leads that can hold no more facts: {len(refused)}"
    return Verdict(True, "verdict.told", told)


def _keep(store: Store, keys: Sequence[Key], fact: Fact, event_id: str, now: datetime) -> bool:
    """Let a verdict rest under each id; whether this event was the first to say it."""
    is_news = False

    def decide() -> Sequence[Write]:
        nonlocal is_news
        kept = _read(store, keys)
        is_news = not any(one.was_said_before(fact, event_id) for one in kept)
        told = [(one, one.with_fact(fact, event_id)) for one in kept]
        return [after.write(now) for before, after in told if after is not before]

    decide_and_commit(store, decide)
    return is_news


def _read(store: Store, keys: Sequence[Key]) -> list[KeptVerdicts]:
    return [KeptVerdicts.of(key, document) for key, document in zip(keys, store.get_many(keys), strict=True)]


def _leads_of(store: Store, policy: Policy, subject: dict[str, str]) -> list[str]:
    """Ids of the leads that have an id of the subject, at most one more of each than ``MOST_LEADS``."""
    found: set[str] = set()
    for kind, id_ in subject.items():
        found |= _by_kind[kind](store, policy, id_) if kind in _by_kind else _with_weak_id(store, f"{kind}:{id_}")
    return sorted(found)


def _with_weak_id(store: Store, weak_id: str) -> set[str]:
    return _ids(store, leads_with_weak_id(weak_id, limit=MOST_LEADS + 1))


def _by_id(store: Store, _policy: Policy, id_: str) -> set[str]:
    [document] = store.get_many([Key("lead", id_)])
    return {id_} if document is not None else set()


def _by_submission(store: Store, _policy: Policy, id_: str) -> set[str]:
    return _ids(store, leads_of_submission(id_, limit=MOST_LEADS + 1))


def _by_deal(store: Store, policy: Policy, id_: str) -> set[str]:
    [document] = store.get_many([ref_key(policy.crm.kind, id_)])
    return set(CrmRef.of(document).leads) if document is not None else set()


_by_kind: dict[str, Callable[[Store, Policy, str], set[str]]] = {
    "lead_id": _by_id,
    "submission_id": _by_submission,
    "deal_id": _by_deal,
}


def _ids(store: Store, query: Query) -> set[str]:
    return {document.key.id for document in store.query(query).documents}


def _teach(store: Store, policy: Policy, lead_id: str, facts: tuple[Fact, ...]) -> Verdict | None:
    """Add verdicts to a lead, in one commit; why it could not hold them, if so."""
    try:
        change_at_rest(store, policy, lead_id, lambda lead: lead.with_facts(facts))
    except (TooManyFacts, DocumentTooLarge) as full:
        rule = "lead.too_many_facts" if isinstance(full, TooManyFacts) else "lead.too_large"
        return Verdict(False, rule, str(full))
    return None
