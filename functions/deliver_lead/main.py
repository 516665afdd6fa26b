"""deliver-lead: a lead is created in the CRM, or its ids are written on the one the site created."""

from __future__ import annotations

import flask
import functions_framework

from leadloop import crm
from leadloop.consuming import Answer, consume
from leadloop.crm.delivering import deliver
from leadloop.messages import LeadRegistered, Message, MessageUnreadable
from leadloop.runtime import Runtime, preload, runtime

preload(store=True, http=True)


@functions_framework.http
def deliver_lead(request: flask.Request) -> Answer:
    """Take one delivery of the topic ``leads``. If the CRM is down, sync-crm announces the lead again."""
    world = runtime()
    return consume(world, request.get_data(), lambda message: _deliver(world, message))


def _deliver(world: Runtime, message: Message) -> None:
    if not isinstance(message, LeadRegistered):
        raise MessageUnreadable(f"expected a lead, found {message.type}; correct the topic in functions.yaml")
    deliver(world, crm.connect(world), message.lead_id)
