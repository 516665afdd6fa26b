"""A desk where outside verdicts are signed by the Standard Webhooks specification, written apart from the code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from werkzeug.test import TestResponse

from leadloop.policy import Policy
from support.policies import sokol
from support.settable_clock import MORNING
from support.world import World

KEY, OLD_KEY = b"k" * 32, b"o" * 24
SECRET, OLD_SECRET = (f"whsec_{base64.b64encode(key).decode()}" for key in (KEY, OLD_KEY))
PROVIDERS: dict[str, object] = {"own-scoring": {}, "adjust": {}, "appsflyer": {}, "fraudscore": {}, "appmetrica": {}}


def signature(key: bytes, id_: str, timestamp: str, body: bytes) -> str:
    """One entry of the header ``webhook-signature``."""
    signed = id_.encode() + b"." + timestamp.encode() + b"." + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(body: bytes, at: datetime, id_: str = "msg_1", key: bytes = KEY) -> dict[str, str]:
    """The headers of a signed webhook."""
    timestamp = str(int(at.timestamp()))
    return {
        "webhook-id": id_,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(key, id_, timestamp, body),
        "Content-Type": "application/json",
    }


def told(verdict: str = "fraud", at: datetime = MORNING, **fields: object) -> dict[str, object]:
    """A verdict's body; ``fields`` are its own or ids of the subject by kind."""
    own = ("provider", "reason", "verdict_id", "reattributed_to")
    said = {name: fields.pop(name) for name in own if name in fields}
    return {"provider": "own-scoring", "verdict": verdict, "detected_at": at.isoformat(), **said, "subject": fields}


def verdict_world(policy: Policy | None = None, secret: str = f"{SECRET},{OLD_SECRET}") -> World:
    """A world whose policy names services, a month after the morning on which everything begins."""
    policy = policy or sokol(fraud={"providers": PROVIDERS})
    world = World(policy, environment={"LEADLOOP_VERDICT_SECRET": secret})
    world.clock.advance(days=40)
    return world


def post(world: World, body: bytes | Mapping[str, object], id_: str = "msg_1", **ahead: float) -> TestResponse:
    """Send a signed verdict; ``ahead`` is how far the sender's clock is before ours."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamped = headers(content, world.clock.now() + timedelta(**ahead), id_)
    return world.client("receive-verdict").post("/", data=content, headers=stamped)
