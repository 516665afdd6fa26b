"""Messages that failed every delivery, kept with where they failed, until their retention ends."""

from __future__ import annotations

from pydantic import ValidationError

from leadloop import timestamps
from leadloop.consuming import ACKNOWLEDGED, REDELIVER, Answer
from leadloop.digests import content_digest, digest
from leadloop.json_types import JsonObject
from leadloop.messages import MessageUnreadable, PushEnvelope, decode
from leadloop.ports.store import Create, Key, PreconditionFailed, StoreUnavailable
from leadloop.quarantine import seal_body
from leadloop.runtime import Runtime

SOURCE_SUBSCRIPTION = "CloudPubSubDeadLetterSourceSubscription"
DELIVERY_COUNT = "CloudPubSubDeadLetterSourceDeliveryCount"
"""Attributes that Pub/Sub adds (https://cloud.google.com/pubsub/docs/handling-failures#how_dead_letter_topics_work)."""


def keep(runtime: Runtime, body: bytes) -> Answer:
    """Keep one dead letter, once however often it is delivered, and answer the bus.

    A message of ours is an allow-list and rests as it is, so that it can be read and replayed;
    anything else rests sealed to the owner.
    """
    fields = _fields(runtime, body)
    id_ = digest("dead-letter", fields["source"], fields["event_id"] or content_digest([body]))
    now = runtime.clock.now()
    ends = now + runtime.policy.defaults.quarantine_retention
    kept = Create(
        Key("dead_letter", id_),
        {**fields, "received_at": timestamps.to_text(now), "expires_at": timestamps.to_text(ends)},
    )
    try:
        runtime.store.commit([kept])
    except PreconditionFailed:
        return ACKNOWLEDGED  # kept already
    except StoreUnavailable as unavailable:
        runtime.log.warning("delivery_put_off", type="dead_letter", reason=str(unavailable))
        return REDELIVER
    runtime.log.error(
        "message_dead_lettered",
        source=fields["source"],
        type=fields["type"],
        event_id=fields["event_id"],
        what_to_do="see `leadloop dead-letters`; correct the cause, then replay it",
    )
    return ACKNOWLEDGED


def _fields(runtime: Runtime, body: bytes) -> JsonObject:
    try:
        envelope = PushEnvelope.model_validate_json(body)
    except ValidationError:
        return _foreign(runtime, body, "", None, "the delivery is not a Pub/Sub push envelope")
    attributes = envelope.message.attributes
    source = attributes.get(SOURCE_SUBSCRIPTION) or envelope.subscription
    count = attributes.get(DELIVERY_COUNT, "")
    attempts = int(count) if count.isdecimal() else envelope.delivery_attempt
    try:
        data = envelope.body
        message = decode(data)
    except MessageUnreadable as fault:
        return _foreign(runtime, body, source, attempts, str(fault))
    return {
        "source": source,
        "attempts": attempts,
        "type": message.type,
        "event_id": message.event_id,
        "message": data.decode(),
        "body_sealed": None,
        "reason": "every delivery failed",
    }


def _foreign(runtime: Runtime, body: bytes, source: str, attempts: int | None, reason: str) -> JsonObject:
    return {
        "source": source,
        "attempts": attempts,
        "type": None,
        "event_id": None,
        "message": None,
        "body_sealed": seal_body(runtime.policy, body),
        "reason": reason,
    }
