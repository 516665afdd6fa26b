"""What would be uploaded now, and why the rest would not: the one decision behind ``plan`` and the uploader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from leadloop import queries, timestamps
from leadloop.conversions.deals import deal_key, judge_deal
from leadloop.conversions.goals import duplicate_of, is_counted_elsewhere, reached
from leadloop.conversions.identifiers import choose
from leadloop.conversions.rows import freeze, judge_row
from leadloop.conversions.verdicts import PASSES, judge_verdicts
from leadloop.conversions.windows import judge_window
from leadloop.leads.crm_refs import CrmRef
from leadloop.leads.lead import Claim, Expiry, Lead
from leadloop.leads.state import LeadState
from leadloop.outcomes import Outcome
from leadloop.policy import GoalEvent, Policy
from leadloop.ports.store import Document, Store
from leadloop.verdict import Verdict

Deals = Mapping[str, Document]
"""CRM reference → its document."""

_DUPLICATE = "duplicate."
"""What the rules begin with by which another lead counts a goal."""

_MOST_MERGES = 20
"""Of one deal into the next, that are followed."""


class Sendable(NamedTuple):
    """A row to be claimed; the verdict says how likely Metrica is to link it."""

    claim: Claim
    verdict: Verdict


class Withheld(NamedTuple):
    """A conversion that is not sent now: held, or expired for good."""

    lead_id: str
    goal: str
    outcome: Outcome
    verdict: Verdict
    deadline: str


class Choice(NamedTuple):
    """What is to become of one lead's conversions."""

    lead: Lead
    version: str
    sendable: tuple[Sendable, ...]
    expiries: tuple[Expiry, ...]
    withheld: tuple[Withheld, ...]

    @property
    def changes_lead(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.sendable or self.expiries)


class _Candidate(NamedTuple):
    """A conversion before the decision: derived from facts, or frozen by an earlier claim."""

    goal: str
    occurred_at: datetime
    due_at: datetime
    deadline: str
    crm_ref: str | None
    claim: Claim | None
    """``None`` when no identifier is known."""
    verdicts: Verdict = PASSES
    """What the verdicts about the lead say of it now, and for a frozen one whether another lead counts it by now."""


class _Weighed(NamedTuple):
    """A lead, what it amounts to, and the conversions to decide on."""

    lead: Lead
    version: str
    state: LeadState
    candidates: tuple[_Candidate, ...]


class Selection(NamedTuple):
    """The rules in force at one moment. ``targets`` are the counter's goals, ``None`` when they cannot be read."""

    policy: Policy
    now: datetime
    targets: frozenset[str] | None = None

    def pages(self, store: Store) -> Iterator[list[Choice]]:
        """Every lead with unclaimed conversions, the nearest deadline first, a page at a time."""
        cursor: str | None = None
        while True:
            page = store.query(queries.leads_awaiting_upload(), cursor)
            yield self.read(store, page.documents)
            cursor = page.cursor
            if cursor is None:
                return

    def read(self, store: Store, documents: Sequence[Document]) -> list[Choice]:
        """Decide on these leads, reading the deals they speak of."""
        weighed = [_weigh(self.policy, document, self.now) for document in documents]
        refs = {one.crm_ref for lead in weighed for one in lead.candidates if one.crm_ref is not None}
        deals = _read_deals(store, sorted(refs))
        return [self._choose(one, deals) for one in weighed]

    def _choose(self, weighed: _Weighed, deals: Deals) -> Choice:
        lead, state = weighed.lead, weighed.state
        sendable: list[Sendable] = []
        withheld = _duplicates(self.policy, lead, state)
        for candidate in weighed.candidates:
            outcome, verdict = self._judge(lead.id, state, candidate, deals)
            if outcome is None and candidate.claim is not None:
                sendable.append(Sendable(candidate.claim, verdict))
            else:
                withheld.append(Withheld(lead.id, candidate.goal, outcome or Outcome.HELD, verdict, candidate.deadline))
        sendable.sort(key=lambda one: (one.claim.deadline, one.claim.goal))
        expiries = tuple(_expiry(one, self.now) for one in withheld if one.outcome is Outcome.EXPIRED)
        return Choice(lead, weighed.version, tuple(sendable), expiries, tuple(withheld))

    def _judge(
        self, lead_id: str, state: LeadState, candidate: _Candidate, deals: Deals
    ) -> tuple[Outcome | None, Verdict]:
        obstacle = self._obstacle(lead_id, candidate, deals)
        window = judge_window(self.policy.defaults, self.now, candidate.occurred_at, state.visits)
        if not window:
            return Outcome.EXPIRED, _expired(obstacle, window)
        return (None, window) if obstacle is None else (_ends_as(obstacle), obstacle)

    def _obstacle(self, lead_id: str, candidate: _Candidate, deals: Deals) -> Verdict | None:
        """What keeps a conversion from being sent now; ``None`` when nothing does."""
        if candidate.crm_ref is not None:
            owned = judge_deal(deals.get(candidate.crm_ref), candidate.goal, lead_id)
            if not owned:
                return owned
        if not candidate.verdicts:
            return candidate.verdicts
        claim = candidate.claim
        if claim is None:
            return _held("no_identifier", "neither a ClientID nor a UserID nor a yclid is known; one may be learnt yet")
        in_form = judge_row(claim, self.now)
        if not in_form:
            return in_form
        if self.now < candidate.due_at:
            due_at = timestamps.to_text(candidate.due_at)
            return _held("settling", f"waits until {due_at}, because its price may still change")
        if self.targets is not None and claim.target not in self.targets:
            return _held("goal_not_in_counter", f"the counter has no JavaScript goal {claim.target!r} (matches)")
        return None


def _ends_as(obstacle: Verdict) -> Outcome:
    return Outcome.DUPLICATE if obstacle.rule.startswith(_DUPLICATE) else Outcome.HELD


def _held(name: str, reason: str) -> Verdict:
    return Verdict(False, f"held.{name}", reason)


def _expired(obstacle: Verdict | None, window: Verdict) -> Verdict:
    if obstacle is None:
        return Verdict(False, "expired.window_closed", window.reason)
    name = "duplicate" if _ends_as(obstacle) is Outcome.DUPLICATE else obstacle.rule.removeprefix("held.")
    if name == "no_identifier":
        return Verdict(False, "expired.never_captured", f"no identifier was ever captured; it {window.reason}")
    return Verdict(False, f"expired.{name}", f"{obstacle.reason}; it {window.reason}")


def _expiry(withheld: Withheld, now: datetime) -> Expiry:
    verdict = withheld.verdict
    return Expiry(goal=withheld.goal, at=timestamps.to_text(now), rule=verdict.rule, reason=verdict.reason)


def _weigh(policy: Policy, document: Document, now: datetime) -> _Weighed:
    lead = Lead.of(document)
    state = lead.state(policy)
    identifier = choose(state.ids)
    pending = [
        _Candidate(
            goal=goal,
            occurred_at=conversion.occurred_at,
            due_at=conversion.due_at,
            deadline=timestamps.to_text(conversion.deadline),
            crm_ref=conversion.crm_ref,
            claim=freeze(conversion, identifier) if identifier else None,
            verdicts=judge_verdicts(state, policy.goals[goal], now),
        )
        for goal, conversion in lead.pending(policy, state).items()
    ]
    return _Weighed(lead, document.version, state, (*pending, *_frozen(policy, lead, state, now)))


def _frozen(policy: Policy, lead: Lead, state: LeadState, now: datetime) -> Iterator[_Candidate]:
    """Rows that were given back. Nothing of them was sent, so what is said of the lead now decides whether they go."""
    for goal, claim in lead.released().items():
        at = timestamps.from_unix(claim.date_time)
        verdicts = _judge_again(policy, lead, state, claim, now)
        yield _Candidate(goal, at, at, claim.deadline, claim.crm_ref, claim, verdicts)


def _judge_again(policy: Policy, lead: Lead, state: LeadState, claim: Claim, now: datetime) -> Verdict:
    """What would keep a frozen row from being claimed if that were done only now."""
    goal = policy.goals.get(claim.goal)
    if goal is None:
        return PASSES  # the policy has it no more and says nothing of it; it was reached while it had
    if is_counted_elsewhere(claim.goal, goal, state, lead.repeat_of):
        return _duplicate(policy, lead, state, claim.goal, claim.crm_ref)
    if goal.on.suppresses and claim.goal not in reached(policy, state):
        return _held("no_longer_reached", f"by what is known now the lead is not {goal.on.value} any more")
    return judge_verdicts(state, goal, now)


def _duplicates(policy: Policy, lead: Lead, state: LeadState) -> list[Withheld]:
    """Goals that another lead answers for: the owner of the deal, or the lead that this one repeats."""
    own = lead.pending(policy, state)
    return [
        Withheld(
            lead.id,
            goal,
            Outcome.DUPLICATE,
            _duplicate(policy, lead, state, goal, conversion.crm_ref),
            timestamps.to_text(conversion.deadline),
        )
        for goal, conversion in reached(policy, state).items()
        if goal not in own and goal not in lead.claims and goal not in lead.expired
    ]


def _duplicate(policy: Policy, lead: Lead, state: LeadState, goal: str, crm_ref: str | None) -> Verdict:
    if not is_counted_elsewhere(goal, policy.goals[goal], state, lead.repeat_of):
        return Verdict(False, "duplicate.touch_of_deal", f"another lead owns the deal {crm_ref}")
    first = duplicate_of(state, lead.repeat_of)
    if first is None and policy.goals[goal].on is not GoalEvent.RECEIVED:
        return Verdict(False, "duplicate.counted_in_series", "a duplicate of it has claimed the goal by its own deal")
    if first is None:
        return Verdict(False, "duplicate.repeat", f"it repeats lead {lead.repeat_of}")
    common = f", with which it has the {state.circumstances.by} in common" if state.circumstances.by else ""
    return Verdict(False, "duplicate.of_lead", f"it is a duplicate of lead {first}{common}")


def _read_deals(store: Store, refs: Sequence[str]) -> Deals:
    """Each deal; for one that was merged away the deal it is now, which alone knows what later merges brought."""
    deals: dict[str, Document] = {}
    wanted, merges = dict(zip(refs, refs, strict=True)), 0
    while wanted and merges < _MOST_MERGES:
        names = sorted(set(wanted.values()))
        found = {one.key.id: one for one in store.get_many([deal_key(name) for name in names]) if one is not None}
        now = {ref: found[name] for ref, name in wanted.items() if name in found}
        deals |= now
        wanted = {ref: survivor for ref, one in now.items() if (survivor := CrmRef.of(one).alias_of) is not None}
        merges += 1
    return deals
