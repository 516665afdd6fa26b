"""receive-crm-event: a CRM's webhook becomes a hint on the bus, by one durable write, within amoCRM's two seconds."""

from __future__ import annotations

import flask
import functions_framework

from leadloop import answers
from leadloop.answers import HttpAnswer
from leadloop.crm.hook_intake import judge_caller, message_of
from leadloop.crm.port import HookPosted
from leadloop.runtime import preload, runtime
from leadloop.secrets import SecretMissing
from leadloop.spool import NotKept, publish_or_spool

preload(bus=True)


@functions_framework.http
def receive_crm_event(request: flask.Request) -> HttpAnswer:
    """Take ``POST /<crm>/<secret>``; 404 to strangers, else 200, or 503 when nothing was kept."""
    world = runtime()
    try:
        kind, _, secret = request.path.strip("/").partition("/")
        body = request.stream.read(world.policy.defaults.body_cap + 1) if kind in world.policy.account_names else b""
        if not judge_caller(world, kind, HookPosted(secret, request.environ, body)):
            return answers.error(404, "not_found", "there is nothing here", "check the webhook's address in the CRM")
        if request.method != "POST":
            return answers.plain("")  # amoCRM tells of an uninstalled integration by GET; it changes no deal
        publish_or_spool(world, "crm-hints", message_of(world, kind, body, request.content_length or 0))
    except NotKept as fault:
        world.log.error("hint_not_kept", reason=str(fault), what_to_do="see the reason: disk, connection or rights")
        return answers.unavailable("the webhook was not kept")
    except SecretMissing as fault:
        world.log.error("hook_refused", reason=str(fault), what_to_do="set the variable and restart the function")
        return answers.unavailable("webhooks cannot be authenticated")
    return answers.plain("")
