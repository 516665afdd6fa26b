"""Test leads: form posts that the owner sent to see what arrives (``leadloop test-lead``).

They rest in one document of their own and never among the leads, so whatever counts, joins, matches, delivers or sends
leads cannot meet one. Only a deal that the site's own integration made of a test is told apart from others by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Self

from leadloop import timestamps
from leadloop.facts import Fact
from leadloop.json_types import Json, JsonObject
from leadloop.leads import facts_of
from leadloop.leads.fold import fold
from leadloop.messages import LeadCaptured
from leadloop.outcomes import Outcome, outcome, outcome_key
from leadloop.policy import Policy
from leadloop.ports.store import Create, Document, Key, Store, Update, Write
from leadloop.verdict import Verdict

if TYPE_CHECKING:
    from leadloop.leads.matching import Signs

KEPT = timedelta(days=30)
MOST = 20
"""Tests that are remembered, the latest."""
HELD = Verdict(False, "submission.test", "a test lead: it counts nowhere; `leadloop test-lead` tells what arrived")

_LEDGER = Key("trial", "latest")


class Trial(NamedTuple):
    """A test lead that arrived."""

    name: str
    lead_id: str
    fact: Fact
    """What a lead would know; without a contact, sealed or not."""

    @classmethod
    def of(cls, captured: LeadCaptured) -> Self:
        """The test lead in a message that has the name of a test."""
        sent = captured.submission
        fact = facts_of.submission(sent.model_copy(update={"contact_sealed": None}))
        return cls(sent.trial or "", sent.lead_id, fact)

    def is_origin_of(self, policy: Policy, deal: Signs) -> bool:
        """Whether a deal was made of this test: within minutes of it, and with an id or a contact key of its own."""
        if abs(self.fact.occurred_at - deal.created_at) > policy.defaults.born_in_crm_wait:
            return False
        state = fold(policy, (self.fact,))
        is_named = deal.submission_id is not None and deal.submission_id == state.submission_id
        return is_named or not state.weak_ids.isdisjoint(deal.weak_ids) or not state.key_ids.isdisjoint(deal.key_ids)


def keep_trial(store: Store, captured: LeadCaptured, now: datetime) -> list[Write]:
    """The writes that keep a test lead and count its form post; none when they were made before.

    Of several posts under one code the first stays. Raises ``StoreUnavailable``.
    """
    ended, ledger = store.get_many([outcome_key(captured.event_id), _LEDGER])
    if ended is not None:
        return []
    trial, known = Trial.of(captured), _read(ledger)
    end = outcome(captured.event_id, "submission", Outcome.HELD, HELD, now, about=trial.lead_id)
    return [end] if any(one.name == trial.name for one in known) else [end, _written(ledger, [*known, trial], now)]


def read_trials(store: Store) -> list[Trial]:
    """The latest test leads, oldest first. Raises ``StoreUnavailable``."""
    [ledger] = store.get_many([_LEDGER])
    return _read(ledger)


def origin_among_trials(store: Store, policy: Policy, deal: Signs) -> Trial | None:
    """The test lead that the site's own integration made a deal of. Raises ``StoreUnavailable``."""
    return next((one for one in read_trials(store) if one.is_origin_of(policy, deal)), None)


def _read(ledger: Document | None) -> list[Trial]:
    kept = ledger.fields.get("trials") if ledger is not None else None
    written = [one for one in kept if isinstance(one, dict)] if isinstance(kept, list) else []
    return [Trial(str(one["name"]), str(one["lead_id"]), Fact.model_validate(one["fact"])) for one in written]


def _written(ledger: Document | None, trials: Iterable[Trial], now: datetime) -> Write:
    latest = sorted(trials, key=lambda one: (one.fact.occurred_at, one.name))[-MOST:]
    kept: list[Json] = [{**one._asdict(), "fact": one.fact.model_dump(mode="json")} for one in latest]
    fields: JsonObject = {"trials": kept, "expires_at": timestamps.to_text(now + KEPT)}
    return Create(_LEDGER, fields) if ledger is None else Update(_LEDGER, fields, ledger.version)
