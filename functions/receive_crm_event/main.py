"""receive-crm-event: a CRM's webhook becomes a hint on the bus, by one durable write, within amoCRM's two seconds."""

from __future__ import annotations

import flask
import functions_framework

from leadloop import answers
from leadloop.answers import HttpAnswer
from leadloop.crm.hook_intake import answer_at_once, take
from leadloop.crm.port import HookPosted
from leadloop.identity.keys import KeyMalformed
from leadloop.runtime import preload, runtime
from leadloop.secrets import SecretMissing
from leadloop.spool import NotKept, publish_or_spool

preload(bus=True)


@functions_framework.http
def receive_crm_event(request: flask.Request) -> HttpAnswer:
    """Take ``POST /<crm>/<secret>`` or ``/signed``; 404 or 401 to strangers, else 200; 400, 405, 413, 503: not read."""
    world = runtime()
    try:
        kind, _, secret = request.path.strip("/").partition("/")
        body = request.stream.read(world.policy.defaults.body_cap + 1) if kind in world.policy.account_names else b""
        hook = HookPosted(secret, request.environ, body)
        if (answer := answer_at_once(world, kind, hook)) is not None:
            return answer
        taken = take(world, kind, hook, request.content_length or 0)
        publish_or_spool(world, "crm-hints", taken.message)
    except NotKept as fault:
        world.log.error("hint_not_kept", reason=str(fault), what_to_do="see the reason: disk, connection or rights")
        return answers.unavailable("the webhook was not kept")
    except (SecretMissing, KeyMalformed) as fault:
        world.log.error("hook_refused", reason=str(fault), what_to_do="set the variable and restart the function")
        return answers.unavailable("webhooks cannot be authenticated")
    return taken.answer
