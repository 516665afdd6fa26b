"""Is a lead a bot's: the sum of weighted signs, outside verdicts, and what people said.

People who spoke with somebody outweigh machines, and of two people the later one is believed: a person's release,
sales that qualified the lead, sales that lost it for a reason of fraud. Then the latest verdict of an outside service
that says anything, then the score. A disqualified human is no fraud, and a person credited to the wrong source neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from leadloop import timestamps
from leadloop.policy import Policy
from leadloop.policy.fraud import KNOWN_REASONS
from leadloop.verdict import Verdict

if TYPE_CHECKING:
    from leadloop.leads.state import LeadState


class Gate(StrEnum):
    """Whether a lead's conversions pass."""

    OPEN = "open"
    HELD = "held"
    RELEASED = "released"
    FRAUD = "fraud"


class OutsideVerdict(NamedTuple):
    """What an antifraud service said of a lead."""

    at: datetime
    provider: str
    verdict: str
    """``fraud``, ``suspicious``, ``clean``, ``stolen_attribution`` or ``unknown``, as it was sent."""
    reason: str = ""
    """In the service's own words."""


class Sign(NamedTuple):
    """A sign of a bot and what it adds to the score."""

    name: str
    weight: int

    def __str__(self) -> str:
        """As a reason tells it."""
        return f"{self.name} {self.weight}"


class FraudVerdict(NamedTuple):
    """Whether a lead passes, its score, and the signs that made it."""

    gate: Gate
    verdict: Verdict
    score: int = 0
    signs: tuple[str, ...] = ()
    """Each with its weight (``too_fast 60``), in the order of their names."""
    until: datetime | None = None
    """When a hold ends by itself, if the policy lets it: ``gate`` says nothing of what is then (``as_of``)."""
    is_stopped: bool = False
    """Whether the gate, left to signs and services alone, lets nothing of the lead through."""

    def as_of(self, now: datetime) -> FraudVerdict:
        """The verdict at an instant: a hold that the policy lets end by itself is over from ``until`` on.

        A fold knows no clock, so whoever tells a lead's gate asks here first (``LeadState.as_of``).
        """
        if self.gate is not Gate.HELD or self.until is None or now < self.until:
            return self
        reason = f"nobody decided about it by {timestamps.to_text(self.until)}; held until then: {self.verdict.reason}"
        return self._replace(gate=Gate.RELEASED, verdict=Verdict(True, HOLD_ENDED, reason))


NOT_JUDGED = FraudVerdict(Gate.OPEN, Verdict(True, "fraud.no_sign", "no sign of a bot"))

HOLD_ENDED = "fraud.hold_ended"
"""The rule that releases a lead at ``until``."""

_SILENT = "unknown"
_GRAVITY = ("clean", "stolen_attribution", "suspicious", "fraud")
_RELEASED_BY_HAND = Verdict(True, "fraud.released_by_hand", "a person said that it is no bot")
_RELEASED_BY_SALES = Verdict(True, "fraud.released_by_sales", "sales spoke with a person: the lead was qualified")


def judge(policy: Policy, state: LeadState) -> FraudVerdict:
    """Whether a lead passes the gate under the policy. ``state`` must be judged by sales already (``quality``)."""
    found = _by_machines(policy, state)
    word = _word_of_people(policy, state)
    if word is None or (word.ok and not found.is_stopped):
        return found
    return found._replace(gate=Gate.RELEASED if word else Gate.FRAUD, verdict=word, until=None)


def meaning(policy: Policy, said: OutsideVerdict) -> str:
    """What a service's verdict means for the lead: one of ``_GRAVITY``, or ``unknown`` when it says nothing.

    The reason decides where it has a meaning, because services call a stolen credit fraud too. No verdict is not a
    clean one, and a reason without a meaning is suspicious: vocabularies grow.
    """
    if said.verdict == "clean":
        return "clean"
    if not said.reason:
        return said.verdict or _SILENT
    provider = policy.fraud.providers.get(said.provider)
    own = {reason.casefold(): means for reason, means in provider.reasons.items()} if provider is not None else {}
    reason = said.reason.casefold()
    known = own.get(reason) or KNOWN_REASONS.get(said.provider, {}).get(reason)
    return known or (said.verdict if said.verdict == "stolen_attribution" else "suspicious")


def _by_machines(policy: Policy, state: LeadState) -> FraudVerdict:
    """What signs and services alone make of a lead."""
    said, means = _latest_word(policy, state)
    signs = tuple(sorted(_signs(policy, state, means)))
    score, texts = sum(sign.weight for sign in signs), tuple(map(str, signs))
    weighed = f"{score} of {policy.fraud.hold_from}: {', '.join(texts)}"
    is_heavy = score >= policy.fraud.hold_from
    if said is not None and means == "fraud":
        verdict = Verdict(False, "fraud.outside_fraud", f"{_told(said)} calls it fraud")
        return FraudVerdict(Gate.FRAUD, verdict, score, texts, is_stopped=True)
    if said is not None and means == "clean" and is_heavy:
        verdict = Verdict(True, "fraud.outside_clean", f"{_told(said)} calls it clean; else held for {weighed}")
        return FraudVerdict(Gate.RELEASED, verdict, score, texts)
    if is_heavy:
        verdict = Verdict(False, "fraud.held", f"signs of a bot weigh {weighed}")
        return FraudVerdict(Gate.HELD, verdict, score, texts, _hold_ends(policy, state), is_stopped=True)
    if signs:
        return FraudVerdict(Gate.OPEN, Verdict(True, "fraud.too_light", f"signs weigh {weighed}"), score, texts)
    return NOT_JUDGED


def _signs(policy: Policy, state: LeadState, outside: str) -> Iterator[Sign]:
    """The signs of a bot that weigh anything."""
    weights, noted = policy.fraud.weights, state.bot_signs
    seen = {
        "honeypot": noted.get("honeypot_filled") is True,
        "too_fast": _is_within(noted.get("fill_seconds"), policy.fraud.too_fast),
        "automation": noted.get("automation") is True,
        "foreign_origin": noted.get("foreign_origin") is True,
        "phone_pattern": noted.get("phone_pattern") is True,
        "short_call": _is_cut_short(policy, state),
        "suspicious": outside == "suspicious",
    }
    for name, is_seen in seen.items():
        weight: int = getattr(weights, name)
        if is_seen and weight:
            yield Sign(name, weight)
    # A device is in a network and has a ClientID, so the three tell of one haste: the most telling counts alone.
    weighed = {"phone_block": weights.phone_block}
    hastes = [
        Sign(f"velocity.{kind}", times * weighed.get(kind, weights.velocity)) for kind, times in _hastes(policy, state)
    ]
    heaviest = max(hastes, key=lambda sign: (sign.weight, sign.name), default=None)
    if heaviest is not None and heaviest.weight:
        yield heaviest


def _hastes(policy: Policy, state: LeadState) -> Iterator[tuple[str, int]]:
    """By kind how many times over there were too many other leads with this one."""
    velocity = policy.fraud.velocity
    for kind, threshold in (
        ("client_id", velocity.client_id),
        ("device", velocity.device),
        ("network", velocity.network),
        ("phone_block", velocity.phone_block),
    ):
        # a lead that was seen in several places of a kind is in the largest crowd of them, not in their sum
        crowds = [number for place, number in state.circumstances.velocity.items() if kind_of(place) == kind]
        if times := max(crowds, default=0) // threshold:
            yield kind, times


def kind_of(place: str) -> str:
    """The kind of a place that leads are counted by: ``client_id`` of ``client_id:1700…``."""
    return place.partition(":")[0]


def _is_within(seconds: object, limit: timedelta) -> bool:
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    return is_number and float(str(seconds)) < limit.total_seconds()


def _is_cut_short(policy: Policy, state: LeadState) -> bool:
    """Whether somebody answered and no call was a talk. That nobody answered is the doing of the company."""
    calls = [view.call_seconds for view in state.deals.values() if view.call_seconds]
    return bool(calls) and max(calls) < policy.fraud.short_call.total_seconds()


def _latest_word(policy: Policy, state: LeadState) -> tuple[OutsideVerdict | None, str]:
    """The latest verdict of a service that says anything, and its meaning; of two at once the graver."""
    meant = [(said, meaning(policy, said)) for said in state.outside_verdicts]
    telling = [(said, means) for said, means in meant if means in _GRAVITY]
    if not telling:
        return None, _SILENT
    return max(telling, key=lambda one: (one[0].at, _GRAVITY.index(one[1]), one[0]))


def _word_of_people(policy: Policy, state: LeadState) -> Verdict | None:
    """What people said, the later word; ``None`` if they have not said whether it is a bot."""
    words: list[tuple[datetime, Verdict]] = []
    if state.released_at is not None:
        words.append((state.released_at, _RELEASED_BY_HAND))
    reached = [state.stages[stage].at for stage in policy.qualification.stages if stage in state.stages]
    words += [(at, _RELEASED_BY_SALES) for at in reached]
    lost = state.quality.disqualified
    reason = policy.disqualification.reasons.get(state.quality.reason)
    if lost is not None and reason is not None and reason.fraud:
        told = f"sales lost it for {state.quality.reason!r}, a reason of fraud"
        words.append((lost.at, Verdict(False, "fraud.loss_reason", told)))
    return max(words)[1] if words else None


def _hold_ends(policy: Policy, state: LeadState) -> datetime | None:
    if policy.fraud.at_hold_end == "keep" or state.occurred_at is None:
        return None
    return state.occurred_at + policy.defaults.fraud_hold_ends


def _told(said: OutsideVerdict) -> str:
    return f"{said.provider} ({said.reason})" if said.reason else said.provider
