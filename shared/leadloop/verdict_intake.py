"""An outside verdict at the edge: whether it is signed, and the message it becomes."""

from __future__ import annotations

from typing import NamedTuple

from leadloop import answers
from leadloop.answers import HttpAnswer
from leadloop.digests import digest
from leadloop.identity.keys import KeyMalformed
from leadloop.leads.verdict_body import VerdictUnclear, read_verdict
from leadloop.messages import VerdictReceived, VerdictUnreadable
from leadloop.quarantine import seal_body
from leadloop.runtime import Runtime
from leadloop.secrets import VERDICT_SECRET, SecretMissing
from leadloop.standard_webhooks import Stamp, judge, signing_keys

BODY_CAP = 65_536
"""Bytes; Standard Webhooks asks senders for less than 20 kB."""


class VerdictRefused(Exception):
    """A webhook that is not kept; ``answer`` says why."""

    def __init__(self, answer: HttpAnswer) -> None:
        super().__init__("a verdict was refused; the answer says why")
        self.answer = answer


class Admitted(NamedTuple):
    """The message to keep, and why it says nothing, if so."""

    message: VerdictReceived | VerdictUnreadable
    unreadable: str | None = None


def admit(runtime: Runtime, stamp: Stamp, body: bytes) -> Admitted:
    """The message of a webhook that somebody who holds a secret in force signed just now. Raises ``VerdictRefused``.

    A webhook sent again is the same event, because its id is the sender's.
    """
    if len(body) > BODY_CAP:
        message = f"a verdict has at most {BODY_CAP} bytes"
        raise VerdictRefused(answers.error(413, "body_too_large", message, "send one verdict at a time"))
    event_id, now = digest("verdict", stamp.id), runtime.clock.now()
    try:
        signed = judge(signing_keys(runtime.secrets, VERDICT_SECRET), stamp, body, now)
    except (SecretMissing, KeyMalformed) as fault:
        runtime.log.error("verdict_refused", reason=str(fault), what_to_do="set the variable and restart the function")
        raise VerdictRefused(answers.unavailable("verdicts cannot be authenticated")) from None
    if not signed:
        what_to_do = "sign each attempt as the Standard Webhooks specification says"
        raise VerdictRefused(answers.error(401, signed.rule, signed.reason, what_to_do))
    try:
        told = read_verdict(body, now)
        if (provider := str(told["provider"])) not in runtime.policy.fraud.providers:
            raise VerdictUnclear(f"provider: {provider} is none of fraud.providers; add it, and have it sent again")
        return Admitted(VerdictReceived.model_validate({**told, "event_id": event_id, "received_at": now}))
    except VerdictUnclear as fault:
        reason, sealed = str(fault), seal_body(runtime.policy, body)
    kept = VerdictUnreadable(event_id=event_id, received_at=now, reason=reason, size=len(body), body_sealed=sealed)
    return Admitted(kept, reason)
