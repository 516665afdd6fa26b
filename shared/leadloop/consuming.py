"""How a consumer answers the bus: 204 acknowledges, 5xx asks for redelivery.

What can never succeed is quarantined and acknowledged, so that it does not come back for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from leadloop.digests import content_digest, digest
from leadloop.messages import Message, MessageUnreadable, read_push
from leadloop.ports.bus import PublishFailed
from leadloop.ports.store import PreconditionFailed, StoreUnavailable
from leadloop.quarantine import quarantined, seal_body
from leadloop.runtime import Runtime

Answer: TypeAlias = tuple[str, int]

ACKNOWLEDGED: Answer = ("", 204)
REDELIVER: Answer = ("", 503)


def consume(runtime: Runtime, body: bytes, handle: Callable[[Message], None]) -> Answer:
    """Read a push delivery, hand its message on, and answer the bus.

    ``handle`` must be idempotent. A store or bus that cannot be reached means redelivery, and
    ``MessageUnreadable`` (also for a message of somebody else's topic) quarantine. Any other exception
    is a defect, is answered 500 by the framework, and ends as a dead letter.
    """
    try:
        _, message = read_push(body)
    except MessageUnreadable as fault:
        return _quarantine(runtime, body, fault)
    try:
        handle(message)
    except MessageUnreadable as fault:
        return _quarantine(runtime, body, fault)
    except (StoreUnavailable, PublishFailed, PreconditionFailed) as fault:
        runtime.log.warning("delivery_put_off", event_id=message.event_id, type=message.type, reason=str(fault))
        return REDELIVER
    return ACKNOWLEDGED


def _quarantine(runtime: Runtime, body: bytes, fault: MessageUnreadable) -> Answer:
    policy = runtime.policy
    id_ = digest("message", content_digest([body]))
    kept = quarantined(policy, id_, "message", str(fault), seal_body(policy, body), runtime.clock.now(), size=len(body))
    try:
        runtime.store.commit([kept])
    except PreconditionFailed:
        return ACKNOWLEDGED  # the same bytes are kept already
    except StoreUnavailable as unavailable:
        runtime.log.warning("delivery_put_off", type="unreadable", reason=str(unavailable))
        return REDELIVER
    runtime.log.error(
        "message_quarantined", reason=str(fault), what_to_do="see `leadloop quarantine`; a version mismatch?"
    )
    return ACKNOWLEDGED
