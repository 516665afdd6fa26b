"""Messages the bus would not take, kept in the store until it does: a lead that is answered 2xx is never lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from typing import Literal, NamedTuple

from leadloop import timestamps
from leadloop.digests import content_digest, digest
from leadloop.messages import Message, MessageUnreadable, decode, encode
from leadloop.ports.bus import PublishFailed
from leadloop.ports.store import Create, Delete, Document, Key, PreconditionFailed, StoreError, StoreUnavailable
from leadloop.quarantine import quarantined, seal_body
from leadloop.queries import spooled_messages
from leadloop.runtime import Runtime
from leadloop.store_opening import opened_beside

KEPT_WITHIN = 1.7
"""Seconds for bus and spool together: amoCRM hangs up after two
(https://www.amocrm.ru/developers/content/crm_platform/webhooks-api)."""


class NotKept(Exception):
    """A message is neither on the bus nor in the spool: the caller must be told to try again."""

    def __init__(self, type_: str, bus: Exception, store: Exception) -> None:
        super().__init__(
            f"{type_} was kept nowhere: the bus said {bus}; the store said {store}; "
            "free disk space or restore the connection, then the sender's repeat succeeds"
        )


def publish_or_spool(runtime: Runtime, topic: str, message: Message) -> Literal["bus", "spool"]:
    """Keep the message durably, once: on the bus, else in the spool under the same event id.

    Raises ``NotKept``, at the latest ``KEPT_WITHIN`` seconds after the bus was opened. A store that answers later may
    have kept the message all the same; consumers take what the sender then repeats once.
    """
    ends = time.monotonic() + KEPT_WITHIN
    try:
        bus = runtime.bus
        ends = time.monotonic() + KEPT_WITHIN  # a cold start is not taken from the spool
        with opened_beside(runtime):
            bus.publish(topic, message)
    except (PublishFailed, StoreUnavailable) as fault:
        _spool(runtime, topic, message, fault, ends)
        return "spool"
    return "bus"


class Drained(NamedTuple):
    """What one run did. ``stopped`` says why it ended before the spool was empty."""

    republished: int = 0
    quarantined: int = 0
    stopped: str = ""


def drain(runtime: Runtime, most: int) -> Drained:
    """Publish what is spooled, oldest first, at most ``most`` messages; a message leaves only once it is on the bus.

    Two runs at once are safe: the worst is a message on the bus twice under one event id. The caller
    holds a lease so that this is rare. Raises ``StoreUnavailable``.
    """
    republished = set_aside = 0
    cursor: str | None = None
    while republished + set_aside < most:
        page = runtime.store.query(spooled_messages(min(100, most - republished - set_aside)), cursor)
        for document in page.documents:
            try:
                message = decode(str(document.fields.get("message")).encode())
            except MessageUnreadable as fault:
                _set_aside(runtime, document, fault)
                set_aside += 1
                continue
            try:
                runtime.bus.publish(str(document.fields.get("topic")), message)
            except (PublishFailed, StoreUnavailable) as fault:
                return Drained(republished, set_aside, str(fault))
            _remove(runtime, document)
            republished += 1
        cursor = page.cursor
        if cursor is None:
            return Drained(republished, set_aside)
    return Drained(republished, set_aside, f"a run publishes at most {most} messages")


def spooled(event_id: str, topic: str, message: str, reason: str, at: datetime) -> Create:
    """The write that has ``drain`` publish an encoded message, under the event id that it holds."""
    fields = {"topic": topic, "message": message, "reason": reason, "spooled_at": timestamps.to_text(at)}
    return Create(Key("spool", event_id), {**fields})


def _commit_in_time(runtime: Runtime, write: Create, ends: float) -> None:
    """Commit in a thread that is left to itself when time is over, whatever the store is waiting for."""
    committed: Future[None] = Future()
    threading.Thread(target=_settle, args=(committed, lambda: runtime.store.commit([write])), daemon=True).start()
    try:
        committed.result(ends - time.monotonic())
    except TimeoutError:
        raise StoreUnavailable(
            "expected the store's answer before the sender hangs up, found none; nothing is known to be written; "
            "see the disk or the connection"
        ) from None


def _settle(future: Future[None], work: Callable[[], None]) -> None:
    try:
        work()
    except BaseException as fault:  # whoever waits for it gets it, a simulated end of the process included
        future.set_exception(fault)
    else:
        future.set_result(None)


def _spool(runtime: Runtime, topic: str, message: Message, fault: Exception, ends: float) -> None:
    kept = spooled(message.event_id, topic, encode(message).decode(), str(fault), runtime.clock.now())
    try:
        _commit_in_time(runtime, kept, ends)
    except PreconditionFailed:
        return  # it is in the spool already
    except StoreError as unavailable:
        raise NotKept(message.type, fault, unavailable) from None
    runtime.log.warning(
        "message_spooled",
        event_id=message.event_id,
        type=message.type,
        reason=str(fault),
        what_to_do="nothing, unless it goes on: drain-spool publishes it when the bus is back",
    )


def _remove(runtime: Runtime, document: Document) -> None:
    try:
        runtime.store.commit([Delete(document.key, document.version)])
    except PreconditionFailed:
        return  # another run removed it


def _set_aside(runtime: Runtime, document: Document, fault: MessageUnreadable) -> None:
    body = str(document.fields.get("message")).encode()
    id_ = digest("spooled", document.key.id, content_digest([body]))
    sealed = seal_body(runtime.policy, body)
    now = runtime.clock.now()
    kept = quarantined(runtime.policy, id_, "message", str(fault), sealed, now, size=len(body))
    try:
        runtime.store.commit([kept, Delete(document.key, document.version)])
    except PreconditionFailed:
        return  # another run set it aside
    runtime.log.error(
        "message_quarantined", reason=str(fault), what_to_do="see `leadloop quarantine`; written by another version?"
    )
