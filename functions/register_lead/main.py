"""register-lead: a captured form post becomes a lead, in one commit; then the lead is announced."""

from __future__ import annotations

import flask
import functions_framework

from leadloop.consuming import Answer, consume
from leadloop.digests import follow_up_id
from leadloop.leads.registration import keep_unreadable, register, tell_ended, tell_quarantined
from leadloop.messages import LeadCaptured, LeadRegistered, Message, MessageUnreadable, SubmissionUnreadable
from leadloop.runtime import Runtime, preload, runtime

preload(store=True, bus=True)


@functions_framework.http
def register_lead(request: flask.Request) -> Answer:
    """Take one delivery of the topic ``submissions``."""
    world = runtime()
    return consume(world, request.get_data(), lambda message: _register(world, message))


def _register(world: Runtime, message: Message) -> None:
    now = world.clock.now()
    if isinstance(message, SubmissionUnreadable):
        keep_unreadable(world.store, world.policy, message, now)
        tell_quarantined(world.log, message.event_id, message.reason)
        return
    if not isinstance(message, LeadCaptured):
        raise MessageUnreadable(f"expected a submission, found {message.type}; correct the topic in functions.yaml")
    done = register(world.store, world.policy, message, now)
    tell_ended(world.log, message.event_id, done)
    if not done.is_of_lead:
        return
    announcement_id = follow_up_id(message.event_id, "lead_registered")
    world.bus.publish("leads", LeadRegistered(event_id=announcement_id, lead_id=done.lead_id))
