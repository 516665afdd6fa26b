"""A desk where form posts are handed in and come back as the messages capture-lead would publish."""

from __future__ import annotations

import json
from collections.abc import Mapping

from leadloop.forms.callers import Caller
from leadloop.forms.capture import Received, capture
from leadloop.messages import LeadCaptured, Submission, decode, encode
from leadloop.policy import Policy
from leadloop.secrets import Secrets
from support.policies import HMAC_KEY, sokol
from support.world import World


class FormDesk:
    """Hands in forms under one policy and key ring; ``world.clock`` says when."""

    def __init__(self, policy: Policy | None = None, ring: str = HMAC_KEY) -> None:
        self.world = World(policy or sokol(), environment={"LEADLOOP_HMAC_KEY": ring})

    def turn_ring(self, ring: str) -> None:
        """From now on other keys are in force."""
        self.world.runtime.secrets = Secrets({"LEADLOOP_HMAC_KEY": ring})

    def hand_in(self, fields: Mapping[str, str | float]) -> Submission:
        return self.captured(fields).submission

    def captured(self, fields: Mapping[str, str | float]) -> LeadCaptured:
        return self.captured_bytes(json.dumps(dict(fields)).encode(), "application/json")

    def captured_bytes(self, body: bytes, content_type: str) -> LeadCaptured:
        received = Received(body, content_type, len(body))
        captured = capture(self.world.runtime, received, Caller.of({}, self.world.runtime.policy.site))
        message = decode(encode(captured.message))
        assert isinstance(message, LeadCaptured)
        return message
