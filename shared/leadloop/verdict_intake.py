"""An outside verdict at the edge: whether it is signed, and the message it becomes."""

from __future__ import annotations

from pydantic import ValidationError

from leadloop.digests import digest
from leadloop.leads.verdict_body import VerdictUnclear, read_verdict
from leadloop.messages import VerdictReceived, VerdictUnreadable
from leadloop.quarantine import seal_body
from leadloop.runtime import Runtime
from leadloop.secrets import VERDICT_SECRET
from leadloop.standard_webhooks import Stamp, judge, signing_keys
from leadloop.verdict import Verdict

BODY_CAP = 65_536
"""Bytes; Standard Webhooks asks senders for less than 20 kB."""


def judge_sender(runtime: Runtime, stamp: Stamp, body: bytes) -> Verdict:
    """Whether somebody who holds a secret in force sent these bytes just now.

    Raises ``SecretMissing``, or ``KeyMalformed`` without the value.
    """
    return judge(signing_keys(runtime.secrets, VERDICT_SECRET), stamp, body, runtime.clock.now())


def message_of(runtime: Runtime, stamp: Stamp, body: bytes) -> VerdictReceived | VerdictUnreadable:
    """What a signed body amounts to. A webhook sent again is the same event, because its id is the sender's."""
    event_id, now = digest("verdict", stamp.id), runtime.clock.now()
    try:
        told = read_verdict(body, now)
        if (provider := str(told["provider"])) not in runtime.policy.fraud.providers:
            raise VerdictUnclear(
                f"provider: {provider} is none of fraud.providers; add it there, and have it sent again"
            )
        return VerdictReceived.model_validate({**told, "event_id": event_id, "received_at": now})
    except VerdictUnclear as fault:
        reason = str(fault)
    except ValidationError as fault:  # what the body's reader and the message's shape do not agree about
        reason = f"at fault: {', '.join('.'.join(map(str, one['loc'])) for one in fault.errors())}"
    sealed = seal_body(runtime.policy, body)
    return VerdictUnreadable(event_id=event_id, received_at=now, reason=reason, size=len(body), body_sealed=sealed)
