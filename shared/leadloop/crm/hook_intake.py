"""A CRM's webhook at the edge: who may send one, and the message it becomes.

amoCRM signs nothing, so a caller is known by a secret in the path, and what it says is never believed:
the message carries ids only.
"""

from __future__ import annotations

import hmac

from leadloop import crm
from leadloop.messages import CrmEntityTouched, HintUnreadable
from leadloop.quarantine import seal_body
from leadloop.runtime import Runtime
from leadloop.secrets import HOOK_SECRET
from leadloop.verdict import Verdict


def judge_caller(runtime: Runtime, path: str) -> Verdict:
    """Whether ``/<crm>/<secret>`` names our CRM and a secret in force. Raises ``SecretMissing``.

    Every secret is compared, in constant time, so that the answer's delay tells nothing.
    """
    kind, _, given = path.strip("/").partition("/")
    in_force = runtime.secrets.several(HOOK_SECRET)
    matches = [hmac.compare_digest(secret.encode(), given.encode()) for secret in in_force]
    if any(matches) and kind == runtime.policy.crm.kind:
        return Verdict(True, "hook.admitted", "the path holds a secret in force")
    return Verdict(False, "hook.unknown_path", "the path holds no secret in force")


def message_of(runtime: Runtime, body: bytes, size: int) -> CrmEntityTouched | HintUnreadable:
    """What a webhook's body amounts to; ``body`` is at most one byte longer than the cap, ``size`` as announced."""
    kind, cap = runtime.policy.crm.kind, runtime.policy.defaults.body_cap
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
