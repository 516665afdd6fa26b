"""Messages that failed every delivery, kept with where they failed, until their retention ends."""

from __future__ import annotations

from pydantic import ValidationError

from leadloop import timestamps
from leadloop.consuming import ACKNOWLEDGED, REDELIVER, Answer
from leadloop.digests import content_digest, digest
from leadloop.json_types import JsonObject
from leadloop.messages import MessageUnreadable, PushEnvelope, decode
from leadloop.ports.store import Create, Key, PreconditionFailed, Store, StoreUnavailable, Update
from leadloop.quarantine import seal_body
from leadloop.runtime import Runtime

SOURCE_SUBSCRIPTION = "CloudPubSubDeadLetterSourceSubscription"
DELIVERY_COUNT = "CloudPubSubDeadLetterSourceDeliveryCount"
"""Attributes that Pub/Sub adds (https://cloud.google.com/pubsub/docs/handling-failures#how_dead_letter_topics_work)."""


def keep(runtime: Runtime, body: bytes) -> Answer:
    """Keep one dead letter, once however often it is delivered, and answer the bus.

    A message of ours is an allow-list and rests as it is, so that it can be read and replayed;
    anything else rests sealed to the owner. One that was put back and died again waits anew.
    """
    fields = _fields(runtime, body)
    id_ = digest("dead-letter", fields["source"], fields["event_id"] or content_digest([body]))
    now = runtime.clock.now()
    ends = now + runtime.policy.defaults.quarantine_retention
    times: JsonObject = {"received_at": timestamps.to_text(now), "expires_at": timestamps.to_text(ends)}
    try:
        if not _rest(runtime.store, Key("dead_letter", id_), {**fields, **times, "replayed_at": None}):
            return ACKNOWLEDGED
    except (StoreUnavailable, PreconditionFailed) as fault:
        runtime.log.warning("delivery_put_off", type="dead_letter", reason=str(fault))
        return REDELIVER
    runtime.log.error(
        "message_dead_lettered",
        source=fields["source"],
        type=fields["type"],
        event_id=fields["event_id"],
        what_to_do="correct the cause, then `leadloop dead-letters --replay all`",
    )
    return ACKNOWLEDGED


def _rest(store: Store, key: Key, fields: JsonObject) -> bool:
    """Whether it was written: not if it rests already and waits to be put back."""
    [held] = store.get_many([key])
    if held is None:
        store.commit([Create(key, fields)])
    elif held.fields.get("replayed_at"):
        store.commit([Update(key, fields, held.version)])
    else:
        return False
    return True


def _fields(runtime: Runtime, body: bytes) -> JsonObject:
    try:
        envelope = PushEnvelope.model_validate_json(body)
    except ValidationError:
        return _foreign(runtime, body, "", None, "the delivery is not a Pub/Sub push envelope")
    attributes = envelope.message.attributes
    subscription = attributes.get(SOURCE_SUBSCRIPTION) or envelope.subscription
    source = subscription.rpartition("/")[2].removeprefix(runtime.prefix)
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
