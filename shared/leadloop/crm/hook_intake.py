"""A CRM's webhook at the edge: who may send one, and the message it becomes.

Who signs nothing is known by a secret in the path, and what it says is never believed: the message carries ids only.
"""

from __future__ import annotations

from leadloop import crm
from leadloop.crm.port import HookPosted
from leadloop.messages import CrmEntityTouched, HintUnreadable
from leadloop.quarantine import seal_body
from leadloop.runtime import Runtime
from leadloop.verdict import Verdict


def judge_caller(runtime: Runtime, kind: str, hook: HookPosted) -> Verdict:
    """Whether a webhook to ``/<kind>/<secret>`` is from an account of the policy. Raises ``SecretMissing``."""
    if kind not in runtime.policy.account_names:
        return Verdict(False, "hook.unknown_path", "the path names no account of the policy")
    return crm.kind_of(kind).judge_sender(runtime, hook)


def message_of(runtime: Runtime, kind: str, body: bytes, size: int) -> CrmEntityTouched | HintUnreadable:
    """What a webhook's body amounts to; ``body`` is at most one byte longer than the cap, ``size`` as announced."""
    cap = runtime.policy.defaults.body_cap
    event_id, now = runtime.entropy.token(), runtime.clock.now()
    reading = crm.kind_of(kind).parse_hook(body) if len(body) <= cap else None
    unreadable = f"larger than {cap} bytes; the beginning is kept" if reading is None else reading.unreadable
    if reading is None or unreadable is not None:
        return HintUnreadable(
            event_id=event_id,
            received_at=now,
            crm=kind,
            reason=unreadable or "",
            size=max(size, len(body)),
            body_sealed=seal_body(runtime.policy, body[:cap]),
        )
    ids = dict(reading.entity_ids)
    return CrmEntityTouched(event_id=event_id, received_at=now, crm=kind, entity_ids=ids)
