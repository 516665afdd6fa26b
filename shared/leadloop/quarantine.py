"""What could not be understood rests sealed to the owner's public key, with the reason, until its retention ends."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from leadloop import timestamps
from leadloop.identity.sealing import seal
from leadloop.json_types import Json
from leadloop.policy import Policy
from leadloop.ports.store import Create, Key

QuarantineKind: TypeAlias = Literal["submission", "hint", "verdict", "message"]

MAX_SEALED_BYTES = 700_000
"""Bytes of a body that are kept: sealed and in base64 they still fit a document of 1 MiB."""


def seal_body(policy: Policy, body: bytes) -> str:
    """The body as it may rest; of a longer one the beginning."""
    return seal(policy.contacts.public_key, body[:MAX_SEALED_BYTES])


def quarantined(
    policy: Policy, id_: str, kind: QuarantineKind, reason: str, body_sealed: str, at: datetime, **more: Json
) -> Create:
    """The write that keeps one body; ``leadloop quarantine`` lists and opens them."""
    return Create(
        Key("quarantine", id_),
        {
            "kind": kind,
            "reason": reason,
            "body_sealed": body_sealed,
            "received_at": timestamps.to_text(at),
            "expires_at": timestamps.to_text(at + policy.defaults.quarantine_retention),
            **more,
        },
    )
