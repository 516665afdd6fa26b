"""record-verdict: an outside verdict is kept, and the leads it is about learn of it."""

from __future__ import annotations

import flask
import functions_framework

from leadloop.consuming import Answer, consume
from leadloop.leads.verdicts import keep_unreadable, record, tell_quarantined, tell_recorded
from leadloop.messages import Message, MessageUnreadable, VerdictReceived, VerdictUnreadable
from leadloop.runtime import Runtime, preload, runtime

preload(store=True)


@functions_framework.http
def record_verdict(request: flask.Request) -> Answer:
    """Take one delivery of the topic ``verdicts``."""
    world = runtime()
    return consume(world, request.get_data(), lambda message: _record(world, message))


def _record(world: Runtime, message: Message) -> None:
    now = world.clock.now()
    if isinstance(message, VerdictUnreadable):
        keep_unreadable(world.store, world.policy, message, now)
        tell_quarantined(world.log, message)
        return
    if not isinstance(message, VerdictReceived):
        raise MessageUnreadable(f"expected a verdict, found {message.type}; correct the topic in functions.yaml")
    tell_recorded(world.log, message.event_id, record(world.store, world.policy, message, now))
