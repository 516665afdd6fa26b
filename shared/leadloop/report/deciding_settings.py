"""On which setting of the policy a decision about a lead hangs: the rule or the entry that decided, not its section."""

from __future__ import annotations

from leadloop.leads.fraud import HOLD_ENDED, OutsideVerdict, meaning
from leadloop.leads.quality import Quality
from leadloop.leads.state import LeadState
from leadloop.policy import Policy
from leadloop.sources.resolution import Source

_OF_SOURCE = {"none.static_pool": "sources.static_pool", "none.unknown_label": "sources.unknown"}
_OF_QUALITY = {
    "quality.not_judged": "qualification.profile",
    "quality.pending": "qualification.deadline",
    "quality.qualified": "qualification.stage",
    "quality.reason_missing": "disqualification.stages",
    "quality.reason_unmapped": "disqualification.reasons",
}
_OF_FRAUD = {
    "fraud.held": "fraud.hold_from",
    "fraud.too_light": "fraud.hold_from",
    "fraud.released_by_sales": "qualification.stage",
    HOLD_ENDED: "fraud.at_hold_end",
}
_OF_SERVICES = {"fraud.outside_fraud": "fraud", "fraud.outside_clean": "clean"}


def of_source(policy: Policy, source: Source) -> str:
    """The rule of the policy that fits, or the entry of the dictionary that the label is."""
    if source.setting:
        return source.setting
    is_listed = source.label in policy.sources.dictionary
    return _OF_SOURCE.get(source.rule, f"sources.dictionary.{source.label}" if is_listed else "sources")


def of_quality(policy: Policy, quality: Quality) -> str:
    """The stage, the fields or the reason that decided."""
    if quality.verdict.rule == "quality.pending" and policy.qualification.profile is None:
        return "qualification.profile"
    if quality.verdict.rule == "quality.incomplete":
        return "qualification.required" if policy.qualification.required else "qualification.profile"
    if quality.verdict.rule == "quality.disqualified":
        return f"disqualification.reasons.{quality.reason}"
    return _OF_QUALITY.get(quality.verdict.rule, "qualification")


def of_fraud(policy: Policy, state: LeadState) -> str:
    """The threshold, or the meaning of the word, that decided."""
    rule = state.fraud.verdict.rule
    if rule == "fraud.loss_reason":
        return f"disqualification.reasons.{state.quality.reason}"
    said = [one for one in state.outside_verdicts if meaning(policy, one) == _OF_SERVICES.get(rule)]
    return of_word(policy, max(said)) if said else _OF_FRAUD.get(rule, "fraud")


def of_word(policy: Policy, said: OutsideVerdict) -> str:
    """What gives a service's reason its meaning; the service itself where its reason has a published one, or none."""
    provider = policy.fraud.providers.get(said.provider)
    reasons = provider.reasons if provider is not None else {}
    own = next((reason for reason in reasons if reason.casefold() == said.reason.casefold()), None)
    place = f"fraud.providers.{said.provider}"
    return f"{place}.reasons.{own}" if own is not None and said.verdict != "clean" else place
