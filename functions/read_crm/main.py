"""read-crm: a hint says what changed in the CRM; the one reader reads it, and what is marked besides."""

from __future__ import annotations

import flask
import functions_framework

from leadloop import crm
from leadloop.consuming import Answer, consume
from leadloop.crm.draining import Turn, drain
from leadloop.crm.hints import keep_unreadable, take_hint
from leadloop.messages import CrmEntityTouched, DealTold, HintUnreadable, Message, MessageUnreadable
from leadloop.runtime import Runtime, preload, runtime

preload(store=True, http=True)

FUNCTION = "read-crm"
AT_ONCE = 50
"""Entities of one hint read at once; more, of a mass edit, are marked first: a run cut short has then got on."""
MOST = 400
"""Marked entities one delivery reads: two calls for leads and forty for their history, far from the time-out."""


@functions_framework.http
def read_crm(request: flask.Request) -> Answer:
    """Take one delivery of the topic ``crm-hints``. A CRM that is down is acknowledged: the marks stay."""
    world = runtime()
    return consume(world, request.get_data(), lambda message: _read(world, message))


def _read(world: Runtime, message: Message) -> None:
    if isinstance(message, HintUnreadable):
        keep_unreadable(world, message)
        return
    if not isinstance(message, CrmEntityTouched | DealTold):
        raise MessageUnreadable(f"expected a hint, found {message.type}; correct the topic in functions.yaml")
    if (account := crm.account(world, message.crm)) is None:
        raise MessageUnreadable(f"a hint of {message.crm}, which the policy does not name any more; nothing is read")
    if take_hint(world, account, message, FUNCTION, AT_ONCE) is not Turn.FAILED:
        drain(world, account, FUNCTION, MOST)
