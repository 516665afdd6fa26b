"""Leads learn of the visits of their ClientIDs, whichever was heard of first.

Who brings news writes it first and looks for the other side afterwards: a beacon keeps the visit, then looks
for leads; a registration keeps the lead, then looks for visits. So of two at once at least one sees the other,
without a transaction; and as a visit is the same fact from either side, it does no harm when both do.

A ClientID of more than ``MOST_LEADS`` leads was copied into a page and is nobody's. Whoever finds that, the lead
that is one too many or a beacon, tells the leads, which forget its visits and take no more: so it makes no
difference whether the visits came before the leads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from leadloop import timestamps
from leadloop.facts import MAX_VISITS, Fact
from leadloop.identity.visits import Visit
from leadloop.leads import facts_of
from leadloop.leads.changing import change_at_rest
from leadloop.leads.lead import Lead
from leadloop.leads.writing import decide_and_commit
from leadloop.messages import VisitCaptured
from leadloop.policy import Policy
from leadloop.ports.log import Log
from leadloop.ports.store import DocumentTooLarge, Key, Store, Write
from leadloop.queries import every_document, leads_with_weak_id, visits_of_client
from leadloop.verdict import Verdict

MOST_LEADS = 20
"""Leads of one ClientID that learn of its visits."""

_LOOKED_AT = 2 * MOST_LEADS
"""Leads of one ClientID that are read at once: ``MOST_LEADS``, the one too many, and those registered that moment."""

_CLIENT = "client_id:"
_SHARED = Verdict(False, "visit.client_shared", f"more than {MOST_LEADS} leads came with this ClientID")
_TOO_MANY = Verdict(
    False,
    "lead.too_many_visits",
    f"a lead holds the newest {MAX_VISITS} visits of a ClientID; an older one is left out",
)


class Told(NamedTuple):
    """What became of a visit, and by lead why one could not hold it."""

    verdict: Verdict
    refusals: Mapping[str, Verdict] = MappingProxyType({})


def record(store: Store, policy: Policy, captured: VisitCaptured) -> Told:
    """Keep a visit and tell the leads of its ClientID; any number of deliveries, in any order, give the same state.

    A visit without a lead costs one write, a repeated one none; the first of a day one more for each lead, at most
    ``MOST_LEADS``; each of the first names of a day one. Raises ``StoreUnavailable``, or ``PreconditionFailed``
    when others keep writing the same documents.
    """
    visit = _keep(store, Visit.told_by(captured))
    leads = _leads_of(store, visit.client_id)
    if len(leads) > MOST_LEADS:
        _share(store, policy, visit.client_id, leads)
        return Told(_SHARED)

    def facts_for(lead: Lead) -> list[Fact]:
        is_of_lead = visit.client_id not in lead.shared_clients and visit.day >= _since(policy, lead)
        return [_fact(visit)] if is_of_lead else []

    unaware = [lead.id for lead in leads if any(fact not in lead.facts for fact in facts_for(lead))]
    taught = {lead_id: _teach(store, policy, lead_id, facts_for) for lead_id in unaware}
    refusals = {lead_id: refusal for lead_id, refusal in taught.items() if refusal is not None}
    if not leads:
        return Told(Verdict(True, "visit.no_lead_yet", "no lead came with this ClientID so far"))
    return Told(Verdict(True, "visit.told", f"leads of this ClientID: {len(leads)}"), refusals)


def recall(store: Store, policy: Policy, lead_id: str) -> Verdict | None:
    """Tell a lead of the visits of its ClientIDs that were recorded before they were the lead's.

    Called after the commit that let the lead know a ClientID, and again by whoever finds that commit done. If that
    made it one lead too many of a ClientID, its leads are told so. Returns what was refused, if anything. Raises as
    ``record`` does.
    """
    [document] = store.get_many([Key("lead", lead_id)])
    if document is None:
        return None
    lead, is_shared = Lead.of(document), False
    for client_id in sorted(_clients(policy, lead)):
        # Counted first: a lead may have hundreds of ClientIDs, and would be read for each of them.
        if store.count(leads_with_weak_id(_CLIENT + client_id, limit=_LOOKED_AT)) > MOST_LEADS:
            is_shared = True
            # Of very many leads not all are looked at; those that are not have said so of themselves.
            others = [other for other in _leads_of(store, client_id) if other.id != lead_id]
            _share(store, policy, client_id, [lead, *others])
    refusal = _teach(store, policy, lead_id, lambda lead: visits_of(store, policy, lead))
    return _SHARED if refusal is None and is_shared else refusal


def visits_of(store: Store, policy: Policy, lead: Lead) -> list[Fact]:
    """The visits, as facts, of all ClientIDs of a lead since the day it occurred. Raises ``StoreUnavailable``.

    There is one a day, and none that is older than ``leadloop.identity.visits.RETENTION``.
    """
    since, clients = _since(policy, lead), sorted(_clients(policy, lead) - {*lead.shared_clients})
    queries = [visits_of_client(client_id, since) for client_id in clients]
    return [_fact(Visit.of(document)) for query in queries for document in every_document(store, query)]


def needs_recall(policy: Policy, before: Lead | None, after: Lead) -> bool:
    """Whether more visits are a lead's than before: it learnt a ClientID, or that it occurred on an earlier day."""
    if before is not None and before.facts == after.facts:
        return False
    clients = _clients(policy, after)
    known = _clients(policy, before) if before is not None else frozenset()
    return not clients <= known or (before is not None and _since(policy, after) < _since(policy, before))


def tell_recorded(log: Log, event_id: str, told: Told) -> None:
    """Say what became of a visit."""
    rule, reason = told.verdict.rule, told.verdict.reason
    log.info("visit_recorded", event_id=event_id, rule=rule, reason=reason)
    if not told.verdict:
        tell_refused(log, None, told.verdict)
    for lead_id, refusal in told.refusals.items():
        tell_refused(log, lead_id, refusal)


def tell_refused(log: Log, lead_id: str | None, refusal: Verdict) -> None:
    """Say that a lead (``None``: none of many) does not know of a visit, which rests by itself all the same."""
    what_to_do = "nothing, unless it goes on: then look for a page that hands out one ClientID to everybody"
    log.warning("visit_left_out", lead_id=lead_id, rule=refusal.rule, reason=refusal.reason, what_to_do=what_to_do)


def _keep(store: Store, told: Visit) -> Visit:
    """The visit as it rests from now on: the earliest beacon of the day, and who was named."""
    kept = told

    def decide() -> Sequence[Write]:
        nonlocal kept
        [document] = store.get_many([told.key])
        resting = Visit.of(document) if document is not None else None
        kept = told.joined_with(resting) if resting is not None else told
        return [] if kept == resting else [kept.write(document.version if document is not None else None)]

    decide_and_commit(store, decide)
    return kept


def _leads_of(store: Store, client_id: str) -> list[Lead]:
    page = store.query(leads_with_weak_id(_CLIENT + client_id, limit=_LOOKED_AT))
    return [Lead.of(document) for document in page.documents]


def _share(store: Store, policy: Policy, client_id: str, leads: Sequence[Lead]) -> None:
    """Let leads know, those that do not, that a ClientID is nobody's."""
    for lead in leads:
        if client_id not in lead.shared_clients:
            _change(store, policy, lead.id, lambda lead: lead.with_shared_client(client_id))


def _teach(store: Store, policy: Policy, lead_id: str, facts_for: Callable[[Lead], list[Fact]]) -> Verdict | None:
    """Add visits to a lead; the verdict on what it could not hold, if anything."""
    refusal: Verdict | None = None

    def taught(lead: Lead) -> Lead:
        nonlocal refusal
        offered = facts_for(lead)
        told = lead.with_facts(tuple(offered))
        left_out = {fact.id for fact in offered} - {fact.id for fact in told.facts}
        refusal = _TOO_MANY if left_out else None
        return told

    too_large = _change(store, policy, lead_id, taught)
    return refusal if too_large is None else too_large


def _change(store: Store, policy: Policy, lead_id: str, change: Callable[[Lead], Lead]) -> Verdict | None:
    """Change a lead as it rests; why its document could not hold that, if so."""
    try:
        change_at_rest(store, policy, lead_id, change, is_shown=False)
    except DocumentTooLarge as full:
        return Verdict(False, "lead.too_large", str(full))
    return None


def _since(policy: Policy, lead: Lead) -> str:
    """From which day on a lead is told of visits: none of an earlier one can matter to what it reached."""
    occurred_at = lead.state(policy).occurred_at
    return timestamps.utc_day(occurred_at) if occurred_at is not None else ""


def _clients(policy: Policy, lead: Lead) -> frozenset[str]:
    weak_ids = lead.state(policy).weak_ids
    return frozenset(weak_id.removeprefix(_CLIENT) for weak_id in weak_ids if weak_id.startswith(_CLIENT))


def _fact(visit: Visit) -> Fact:
    return facts_of.visit(visit.client_id, visit.at)
