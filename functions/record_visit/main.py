"""record-visit: a captured visit is kept, and the leads of its ClientID learn of it."""

from __future__ import annotations

import flask
import functions_framework

from leadloop.consuming import Answer, consume
from leadloop.leads.visiting import record, tell_recorded
from leadloop.messages import Message, MessageUnreadable, VisitCaptured
from leadloop.runtime import Runtime, preload, runtime

preload(store=True)


@functions_framework.http
def record_visit(request: flask.Request) -> Answer:
    """Take one delivery of the topic ``visits``."""
    world = runtime()
    return consume(world, request.get_data(), lambda message: _record(world, message))


def _record(world: Runtime, message: Message) -> None:
    if not isinstance(message, VisitCaptured):
        raise MessageUnreadable(f"expected a visit, found {message.type}; correct the topic in functions.yaml")
    tell_recorded(world.log, message.event_id, record(world.store, world.policy, message))
