"""What can never happen under a policy's rules of duplicates and fraud: thresholds out of reach, weights of nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from leadloop.policy.duplicates import DuplicateKey, Duplicates
from leadloop.policy.durations import write_duration
from leadloop.policy.findings import Finding, Level
from leadloop.policy.fraud import Fraud
from leadloop.policy.models import ContactMode, GoalEvent, Policy

_NONE = timedelta()
_SECOND = timedelta(seconds=1)
"""Calls are told in whole seconds, so none that was answered is shorter."""
_CROWDS = ("client_id", "device", "network", "phone_block")
_OF_CONTACTS = (
    *("weights.phone_pattern", "weights.phone_block"),
    *("velocity.device", "velocity.network", "velocity.phone_block"),
)
"""Settings of signs that the contacts mode ``none`` knows nothing of."""
_WEIGHED_BY = {
    "too_fast": "too_fast",
    "short_call": "short_call",
    "period": "velocity",
    "phone_period": "phone_block",
    **{f"velocity.{kind}": "velocity" for kind in _CROWDS[:3]},
    "velocity.phone_block": "phone_block",
}
"""Numbers that say when a sign is seen, and the weight it has then."""
_UNKEYED = frozenset({DuplicateKey.PHONE, DuplicateKey.EMAIL})


def review_verdicts(policy: Policy) -> Iterator[Finding]:
    """Findings about ``duplicates`` and ``fraud``, and about the goals that hang on them."""
    yield from _duplicates(policy)
    yield from _threshold(policy)
    yield from _crowds(policy)
    yield from _idle(policy)
    yield from _hold_end(policy)
    yield from _goals(policy)


def heaviest(policy: Policy) -> int:
    """The most that the signs of one lead can weigh together."""
    weights = policy.fraud.weights
    signs = weights.honeypot + weights.automation + weights.foreign_origin
    signs += weights.too_fast if policy.fraud.too_fast > _NONE else 0
    signs += weights.phone_pattern if policy.contacts.mode is not ContactMode.NONE else 0
    signs += weights.short_call if _hears_calls(policy) and policy.fraud.short_call > _SECOND else 0
    signs += weights.suspicious if policy.fraud.providers else 0
    return signs + max(_weight(policy, kind) * _times(policy.fraud, kind) for kind in _CROWDS)


def _hears_calls(policy: Policy) -> bool:
    return policy.crm.fields.call_seconds is not None


def _weight(policy: Policy, kind: str) -> int:
    """What one crowd of a kind weighs; nothing where its kind is not known."""
    if kind != "client_id" and policy.contacts.mode is ContactMode.NONE:
        return 0
    weights = policy.fraud.weights
    return weights.phone_block if kind == "phone_block" else weights.velocity


def _times(rules: Fraud, kind: str) -> int:
    """How many times over the number of others can be reached."""
    from leadloop.leads.velocity import MOST_COUNTED  # judges leads, and functions review nothing

    period = rules.phone_period if kind == "phone_block" else rules.period
    return MOST_COUNTED // int(getattr(rules.velocity, kind)) if period > _NONE else 0


def _threshold(policy: Policy) -> Iterator[Finding]:
    most, hold_from = heaviest(policy), policy.fraud.hold_from
    if most < hold_from:
        text = (
            f"nobody is ever held: all signs of one lead together weigh {most} at most; "
            f"write {most} or less, or raise fraud.weights"
        )
        yield Finding(Level.WARNING, "fraud.hold_from_unreachable", "fraud.hold_from", text)


def _crowds(policy: Policy) -> Iterator[Finding]:
    rules = policy.fraud
    if rules.weights.too_fast and rules.too_fast == _NONE:
        text = "no form is filled in within less than no time; write a time such as 3s, or fraud.weights.too_fast: 0"
        yield Finding(Level.WARNING, "fraud.too_fast_never", "fraud.too_fast", text)
    for name, kinds in (("period", _CROWDS[:3]), ("phone_period", _CROWDS[3:])):
        if getattr(rules, name) == _NONE and any(_weight(policy, kind) for kind in kinds):
            text = "nobody comes within no time, so no crowd is ever seen; write a time such as 1h, or weight 0"
            yield Finding(Level.WARNING, "fraud.period_never", f"fraud.{name}", text)
        for kind in kinds:
            if getattr(rules, name) > _NONE and _weight(policy, kind) and not _times(rules, kind):
                yield _too_many(rules, kind)


def _idle(policy: Policy) -> Iterator[Finding]:
    """What was written and makes no difference: signs that are not known here, and numbers of signs without weight."""
    rules, weights = policy.fraud, policy.fraud.weights
    for setting in _OF_CONTACTS if policy.contacts.mode is ContactMode.NONE else ():
        if _written(rules, setting):
            text = "in the contacts mode none neither phones nor networks are known, so this is never seen; remove it"
            yield Finding(Level.WARNING, "fraud.never_known", f"fraud.{setting}", text)
    for setting, weight in _WEIGHED_BY.items():
        if _written(rules, setting) and not getattr(weights, weight):
            text = f"this sign weighs nothing: fraud.weights.{weight} is 0; raise that, or remove this"
            yield Finding(Level.NOTE, "fraud.weighs_nothing", f"fraud.{setting}", text)
    for setting in ("short_call", "weights.short_call") if not _hears_calls(policy) else ():
        if _written(rules, setting):
            text = "how long a call lasted is read nowhere; write `call_seconds:` into crm.fields, or remove this"
            yield Finding(Level.WARNING, "fraud.calls_not_read", f"fraud.{setting}", text)
    if _written(rules, "weights.suspicious") and weights.suspicious and not rules.providers:
        text = "no service is there to find a lead suspicious; name it in fraud.providers, or remove this"
        yield Finding(Level.WARNING, "fraud.suspicious_never", "fraud.weights.suspicious", text)


def _written(rules: Fraud, setting: str) -> bool:
    """Whether a setting of ``fraud`` stands in the policy with something in it; 0 leaves a sign out, as it says."""
    section, _, name = setting.rpartition(".")
    among = getattr(rules, section) if section else rules
    return name in among.model_fields_set and bool(getattr(among, name))


def _too_many(rules: Fraud, kind: str) -> Finding:
    from leadloop.leads.velocity import MOST_COUNTED

    text = (
        f"of the others at most {MOST_COUNTED} are counted, so {getattr(rules.velocity, kind)} are never reached; "
        f"write {MOST_COUNTED} or less"
    )
    return Finding(Level.WARNING, "fraud.velocity_unreachable", f"fraud.velocity.{kind}", text)


def _hold_end(policy: Policy) -> Iterator[Finding]:
    end, window = policy.defaults.fraud_hold_ends, policy.defaults.visit_window
    path = "defaults.fraud_hold_ends"
    if policy.fraud.at_hold_end == "release" and end >= window - policy.defaults.visit_margin:
        text = (
            f"whom it lets through after {write_duration(end)} links to no visit any more: visits count for "
            f"{write_duration(window)}; write less, such as 18d"
        )
        yield Finding(Level.WARNING, "defaults.fraud_hold_ends_too_late", path, text)


def _goals(policy: Policy) -> Iterator[Finding]:
    """Goals on fraud where nobody ever calls a lead so: signs alone hold it, and call it nothing."""
    told = bool(policy.fraud.providers) or any(reason.fraud for reason in policy.disqualification.reasons.values())
    for name, goal in policy.goals.items():
        if goal.on is GoalEvent.FRAUD and not told:
            text = (
                "no lead is ever called fraud, signs alone only hold it; name a service in fraud.providers, or write "
                "a reason with `fraud: true`"
            )
            yield Finding(Level.WARNING, "goals.fraud_never_found", f"goals.{name}.on", text)


def _duplicates(policy: Policy) -> Iterator[Finding]:
    rules, repeat = policy.duplicates, policy.defaults.same_lead_repeat
    if rules.window.length is not None and rules.window.length <= repeat:
        text = (
            f"the window adds nothing: within {write_duration(repeat)} (defaults.same_lead_repeat) one person is the "
            "same lead anyway; write a longer one"
        )
        yield Finding(Level.WARNING, "duplicates.window_within_repeat", "duplicates.window", text)
    if policy.contacts.mode is ContactMode.NONE and {*rules.keys} <= _UNKEYED:
        text = "in the contacts mode none no key is made of a phone or an e-mail; write person or client_id"
        yield Finding(Level.WARNING, "duplicates.keys_unknown", "duplicates.keys", text)
    yield from _clients(rules)


def _clients(rules: Duplicates) -> Iterator[Finding]:
    clients = rules.clients
    if not clients.stages and clients.model_fields_set:
        text = "nobody is ever a client: write in `stages` which stage makes one, or remove this section"
        yield Finding(Level.WARNING, "duplicates.clients_without_stages", "duplicates.clients", text)
