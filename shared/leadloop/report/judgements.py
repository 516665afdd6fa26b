"""What was decided about a lead before any goal: who it is, where from, new or again, good or not, human or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from leadloop import timestamps
from leadloop.facts import FactKind
from leadloop.identity.persons import judge_shared
from leadloop.leads import origin
from leadloop.leads.fraud import OutsideVerdict, meaning
from leadloop.leads.keys import read_records
from leadloop.leads.lead import Lead
from leadloop.leads.state import LeadState
from leadloop.policy import Policy
from leadloop.ports.store import Store
from leadloop.report.deciding_settings import of_fraud, of_quality, of_source, of_word
from leadloop.verdict import Verdict

Cite = Callable[[str], str]
"""A setting's path to where it stands: ``leadloop.yaml:14 duplicates.window``."""


class Judgement(NamedTuple):
    """One decision: its answer in a word, the rule and the reason, and the setting it hangs on."""

    about: str
    answer: str
    rule: str
    reason: str
    setting: str


def judgements(store: Store, policy: Policy, lead: Lead, now: datetime, cite: Cite) -> tuple[Judgement, ...]:
    """Every decision about a lead as of ``now``, in the order they are made. Reads the documents of its strong ids."""
    state = lead.state(policy).as_of(now)
    return (
        *_identity(store, policy, lead, state, cite),
        *_source(policy, state, cite),
        *_duplicate(policy, lead, cite),
        _of("quality", state.quality.answer, state.quality.verdict, cite(of_quality(policy, state.quality))),
        _of("fraud", state.fraud.gate.value, state.fraud.verdict, cite(of_fraud(policy, state))),
        *_attribution(policy, lead, state, cite),
    )


def _of(about: str, answer: str, verdict: Verdict, setting: str) -> Judgement:
    return Judgement(about, answer, verdict.rule, verdict.reason, setting)


def _identity(store: Store, policy: Policy, lead: Lead, state: LeadState, cite: Cite) -> Iterator[Judgement]:
    most, has_own, is_stopped = policy.defaults.shared_key_persons, False, False
    for id_, record in read_records(store, state.strong_ids).items():
        if record.leads:
            verdict = judge_shared(id_, record.leads, most)
            has_own = has_own or verdict.ok
            is_stopped = is_stopped or (lead.id in record.leads and lead.id not in record.joined)
            others = f"{verdict.reason}; leads that came with it: {len(record.leads)}"
            answer = "own" if verdict else "shared"
            yield Judgement(_kind(id_), answer, verdict.rule, others, cite("defaults.shared_key_persons"))
    person = lead.circumstances.person
    if person is None and is_stopped:
        reason = "the fraud gate stops it, so that it joins nobody to anybody; released, it does"
        yield Judgement("person", "nobody", "identity.stopped", reason, cite(of_fraud(policy, state)))
    elif person is None and has_own:
        reason = f"its ids lead on to more than {policy.defaults.person_keys}, which no person has: they join nobody"
        yield Judgement("person", "nobody", "identity.chain", reason, cite("defaults.person_keys"))
    elif person is None:
        yield Judgement(
            "person",
            "nobody",
            "identity.no_strong_id",
            "it came without an own contact and a confirmed UserID",
            "",
        )
    else:
        yield Judgement("person", _short(person), "identity.strong_ids", "named by the smallest of its strong ids", "")
    if state.lent is not None:
        at = timestamps.to_text(state.lent.at)
        reason = f"it has no id of its own; its person's last visit before it was at {at}, known from lead"
        yield Judgement("ClientID", "borrowed", "identity.borrowed", f"{reason} {state.lent.lead_id}", "")


def _source(policy: Policy, state: LeadState, cite: Cite) -> Iterator[Judgement]:
    source = state.source
    yield Judgement("source", source.label, source.rule, source.reason, cite(of_source(policy, source)))
    shown = origin.compare(policy, state)
    yield Judgement("in the CRM", shown.label or "—", shown.rule, shown.reason, cite("sources.restore"))


def _duplicate(policy: Policy, lead: Lead, cite: Cite) -> Iterator[Judgement]:
    told, rule = lead.circumstances, policy.duplicates
    if told.repeats is not None:
        near, setting = f"within {rule.window} of the {rule.counted_from} contact", "duplicates.window"
        if lead.repeat_of is not None:
            near, setting = f"and within the hour after lead {lead.repeat_of}", "defaults.same_lead_repeat"
        reason = f"the same {told.by or 'person'} as lead {told.repeats}, {near}"
        yield Judgement("duplicate", "yes", "duplicate.of_lead", reason, cite(setting))
    elif lead.repeat_of is not None:
        reason = f"it came within the hour after lead {lead.repeat_of}"
        yield Judgement("duplicate", "yes", "duplicate.repeat", reason, cite("defaults.same_lead_repeat"))
    else:
        shared = ", ".join(rule.keys)
        reason = f"nobody whom the fraud gate lets pass came with the same {shared} within {rule.window} before it"
        if told.client_since is not None:
            reason = "it came from a client: clients are a list of their own"
        yield Judgement("duplicate", "no", "duplicate.none", reason, cite("duplicates.window"))
    if told.credit is not None:
        whose = f" of {told.credit_source}," if told.credit_source else ","
        reason = f"the {rule.credit} lead of the series, {told.credit}{whose} keeps the credit"
        yield Judgement("credit", "other lead", f"credit.{rule.credit}", reason, cite("duplicates.credit"))
    if told.client_since is not None:
        reason = f"its person had been a client since {timestamps.to_text(told.client_since)}"
        yield Judgement("client", "yes", "client.current", reason, cite("duplicates.clients.stages"))


def _attribution(policy: Policy, lead: Lead, state: LeadState, cite: Cite) -> Iterator[Judgement]:
    """Services whose latest word is that the lead is a real person, brought by somebody else than it is credited to."""
    latest: dict[str, tuple[OutsideVerdict, str]] = {}
    for fact in lead.facts:
        if fact.kind is FactKind.VERDICT_RECEIVED:
            provider, verdict, reason, credited = (
                str(fact.values.get(name) or "") for name in ("provider", "verdict", "reason", "reattributed_to")
            )
            said = OutsideVerdict(fact.occurred_at, provider, verdict, reason)
            if meaning(policy, said) != "unknown":
                latest[provider] = (said, credited)
    for said, credited in latest.values():
        if meaning(policy, said) == "stolen_attribution":
            told = f"{said.provider} ({said.reason})" if said.reason else said.provider
            instead = f"credits {credited}" if credited else "does not say whom it credits"
            reason = (
                f"{told} says that the credit was stolen, and {instead}; here its source stays {state.source.label}"
            )
            setting = cite(of_word(policy, said))
            yield Judgement("attribution", credited or "disputed", "fraud.stolen_attribution", reason, setting)


def _kind(key_id: str) -> str:
    return {"phone": "phone key", "email": "e-mail key", "user": "UserID"}.get(key_id.partition("-")[0], "key")


def _short(key_id: str) -> str:
    kind, _, rest = key_id.partition("-")
    return f"{kind} …{rest[-8:]}"
