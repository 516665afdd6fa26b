"""What sales do with a lead, as the CRM tells it, and policies that judge it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from leadloop.facts import Fact
from leadloop.json_types import JsonObject, json_list
from leadloop.leads import facts_of
from leadloop.policy import Policy
from support.policies import LOST, MEETING, NEW, PIPELINE, QUALIFIED, WON, sokol
from support.settable_clock import MORNING

SECOND_PIPELINE, SECOND_QUALIFIED = "8001", "80011"
LOCATION, BUDGET = "501", "502"
SPAM, RENT, BOT, UNKNOWN_REASON = "901", "902", "903", "999"
IVANOVA, PETROV = "31", "32"

REASONS: dict[str, dict[str, object]] = {
    "spam": {"title": "Спам", "loss_reasons": [SPAM]},
    "wants_to_rent": {"loss_reasons": [RENT], "counts_against_channel": False, "warm_up": True},
    "bot": {"loss_reasons": [BOT], "fraud": True},
}
"""Advertisements avoid spam, unless ``judging`` is told otherwise."""
_PIPELINES = {
    PIPELINE: {NEW: "new", QUALIFIED: "qualified", MEETING: "meeting", WON: "sold", LOST: "lost"},
    SECOND_PIPELINE: {SECOND_QUALIFIED: "qualified", LOST: "lost"},
}


def judging(
    profile: str | None = "warm",
    goals: dict[str, object] | None = None,
    suppressing: Collection[str] = ("spam",),
    **qualification: object,
) -> Policy:
    """«Сокол» with a profile, three reasons, two pipelines, and these goals besides its own."""
    reasons = {name: {**reason, "suppress": name in suppressing} for name, reason in REASONS.items()}
    return sokol(
        crm={"pipelines": _PIPELINES, "ignored": []},
        goals=goals or {},
        qualification={
            "profile": profile,
            "fields": {"location": LOCATION, "budget": BUDGET, "family": "503"},
            **qualification,
        },
        disqualification={"reasons": reasons},
    )


def shown(
    *filled: str, at: datetime = MORNING, deal: str = "1", responsible: str = IVANOVA, loss_reason: str | None = None
) -> Fact:
    """The fields of a deal at a reading."""
    fields: JsonObject = {
        "filled": json_list(sorted(filled)),
        "responsible": responsible,
        "loss_reason": loss_reason,
        "source": {},
    }
    return facts_of.deal_view("amocrm", deal, fields, at)
