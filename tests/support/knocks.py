"""One call of every function that it can answer from its package alone, and what the answer shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from leadloop import manifest as manifests
from leadloop.messages import (
    AdIds,
    CrmEntityTouched,
    LeadCaptured,
    LeadRegistered,
    Message,
    Submission,
    VerdictReceived,
    VisitCaptured,
    encode,
    wrap_push,
)
from support.policies import HMAC_KEY, ORIGIN
from support.sayings import ROOT

MANIFEST = manifests.load(ROOT / "functions/functions.yaml")
HOOK_SECRET = "4f1d0c33"
LEAD_ID = "lead-of-olga"
MOMENT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)

SETTINGS = {
    "LEADLOOP_HMAC_KEY": HMAC_KEY,
    "LEADLOOP_HOOK_SECRET": HOOK_SECRET,
    "LEADLOOP_AMOCRM_TOKEN": "nobody's",
    "LEADLOOP_METRICA_TOKEN": "nobody's",
}


class Knock(NamedTuple):
    """A request, and the status of its answer."""

    body: bytes
    status: int
    path: str = "/"
    content_type: str = "application/json"
    headers: Mapping[str, str] = {}


def knock_of(function: str) -> Knock:
    """The call of one function; a schedule's tick has nothing in it."""
    trigger = MANIFEST.functions[function]
    if trigger.topic is not None:
        return Knock(_pushed(_MESSAGES[trigger.topic], function), 204)
    return _EDGES[function] if trigger.public else Knock(b"", 200)


def message_on(topic: str) -> Message:
    """A message as it may be on a topic."""
    return _MESSAGES[topic]


def _pushed(message: Message, function: str) -> bytes:
    return wrap_push(encode(message), "1", "2026-11-02T09:30:00Z", {}, f"projects/p/subscriptions/{function}", 1)


def _json(fields: Mapping[str, str]) -> bytes:
    return json.dumps(fields).encode()


_EDGES = {
    "capture-lead": Knock(_json({"form": "callback", "ym_client_id": "1700000000123456789", "city": "Тверь"}), 200),
    "capture-visit": Knock(_json({"ym_client_id": "1700000000123456789"}), 204, headers={"Origin": ORIGIN}),
    "receive-crm-event": Knock(
        b"leads[status][0][id]=25399013", 200, f"/amocrm/{HOOK_SECRET}", "application/x-www-form-urlencoded"
    ),
    "receive-verdict": Knock(b"{}", 404),
}

_SUBMISSION = Submission(
    lead_id=LEAD_ID, fingerprint="f1", form="callback", occurred_at=MOMENT, received_at=MOMENT, fields={"city": "Тверь"}
)

_REGISTERED = LeadRegistered(event_id="e2", lead_id=LEAD_ID)

_MESSAGES: dict[str, Message] = {
    "submissions": LeadCaptured(event_id="e1", submission=_SUBMISSION),
    "leads": _REGISTERED,
    "visits": VisitCaptured(event_id="e3", occurred_at=MOMENT, ids=AdIds(client_id="1700000000123456789")),
    "crm-hints": CrmEntityTouched(event_id="e4", received_at=MOMENT, crm="amocrm", entity_ids={"lead": ("25399013",)}),
    "verdicts": VerdictReceived(
        event_id="e5",
        received_at=MOMENT,
        provider="adjust",
        detected_at=MOMENT,
        subject={"client_id": "1700000000123456789"},
    ),
    "dead-letters": _REGISTERED,
}
