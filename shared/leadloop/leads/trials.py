"""Test leads: form posts that the owner sent to see what arrives (``leadloop test-lead``).

They rest in documents of their own and never among the leads, so whatever counts, joins, matches, delivers or sends
leads cannot meet one. Only a deal that the site's own integration made of a test is told apart from others by it.

One code marks one form post. The post itself is kept beside, as it came: should somebody else have sent it, nothing of
that person is lost (``leadloop.trial_release``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple, Self

from leadloop import timestamps
from leadloop.facts import Fact
from leadloop.json_types import Json, JsonObject
from leadloop.leads import facts_of
from leadloop.leads.fold import fold
from leadloop.leads.matching import SAME_MOMENT, Signs
from leadloop.leads.writing import decide_and_commit
from leadloop.messages import LeadCaptured, Submission, decode, encode
from leadloop.outcomes import Outcome, outcome, outcome_key
from leadloop.policy import Policy
from leadloop.ports.store import Create, Document, Key, Store, Update, Write
from leadloop.verdict import Verdict

KEPT = timedelta(days=30)
"""How long a test is remembered; what was posted no longer than a contact may rest."""
MOST = 20
"""Tests that are remembered, the latest."""
HELD = Verdict(False, "submission.test", "a test lead: it counts nowhere; `leadloop test-lead` tells what arrived")

_LEDGER = Key("trial", "latest")
_CODE = "leadloop_test"
_CODE_USED = "another form post used up its code of `leadloop test-lead`: taken for a lead like any other"


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
        """Whether a deal was made of this test, as far as it can be known.

        It came within minutes of the test, shares an id or a contact key with it, and shows no other person's. A
        contact alone makes it one only if it came at once: a form may bear anybody's phone.
        """
        apart, state = abs(self.fact.occurred_at - deal.created_at), fold(policy, (self.fact,))
        if apart > policy.defaults.born_in_crm_wait:
            return False
        if state.key_ids and deal.key_ids:
            is_theirs = not state.key_ids.isdisjoint(deal.key_ids)
            if not is_theirs or apart <= SAME_MOMENT:
                return is_theirs
        client_id = state.ids.get("client_id")
        if client_id and deal.client_id and client_id != deal.client_id:
            return False
        is_named = deal.submission_id is not None and deal.submission_id == state.submission_id
        return is_named or not state.weak_ids.isdisjoint(deal.weak_ids)


def keep_trial(store: Store, policy: Policy, captured: LeadCaptured, now: datetime) -> bool:
    """Keep a test lead and count its form post, once; ``False`` for a post that its code does not mark any more.

    Of several posts under one code the first is the test, however often it is sent. Raises as ``decide_and_commit``.
    """
    trial, is_test = Trial.of(captured), False

    def decide() -> list[Write]:
        nonlocal is_test
        keys = [outcome_key(captured.event_id), posted_key(trial.name), _LEDGER]
        ended, posted, ledger = store.get_many(keys)
        if ended is not None:
            is_test = ended.fields.get("rule") == HELD.rule
            return []
        is_test = posted is None or _is_same(captured.submission, read_posted(posted).submission)
        if not is_test:
            return []
        end = outcome(captured.event_id, "submission", Outcome.HELD, HELD, now, about=trial.lead_id)
        if posted is not None:
            return [end]
        expires_at = timestamps.to_text(now + min(KEPT, policy.contacts.retention))
        kept = Create(posted_key(trial.name), {"captured": encode(captured).decode(), "expires_at": expires_at})
        return [end, kept, _written(ledger, [*_read(ledger), trial], now)]

    decide_and_commit(store, decide)
    return is_test


def as_lead(captured: LeadCaptured) -> LeadCaptured:
    """A form post under a code that another one used up: a lead like any other, which says so."""
    left_out = {**captured.submission.left_out, _CODE: _CODE_USED}
    return captured.model_copy(
        update={"submission": captured.submission.model_copy(update={"trial": None, "left_out": left_out})}
    )


def posted_key(name: str) -> Key:
    """Where the form post of a test rests as it came, a contact sealed as in leads."""
    return Key("trial", name)


def read_posted(document: Document) -> LeadCaptured:
    """The form post of a test."""
    captured = decode(str(document.fields["captured"]).encode())
    assert isinstance(captured, LeadCaptured)  # noqa: S101 - nothing else is written there
    return captured


def _is_same(one: Submission, other: Submission) -> bool:
    """Whether a form post is one that came before, or the same person's again with the same content."""
    is_somebodys = bool(one.keys or one.ids.client_id or one.ids.yclid)
    return one.lead_id == other.lead_id or (is_somebodys and one.fingerprint == other.fingerprint)


def without_trial(store: Store, name: str, now: datetime) -> Write | None:
    """The write that forgets a test; ``None`` where it is not remembered."""
    [ledger] = store.get_many([_LEDGER])
    known = _read(ledger)
    left = [one for one in known if one.name != name]
    return _written(ledger, left, now) if len(left) < len(known) else None


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
