"""receive-crm-event: a CRM's webhook becomes a hint on the bus, by one durable write, within amoCRM's two seconds."""

from __future__ import annotations

import flask
import functions_framework

from leadloop import answers
from leadloop.answers import HttpAnswer
from leadloop.crm.hook_intake import judge_caller, methods_of, refusal, take
from leadloop.crm.port import HookPosted
from leadloop.identity.keys import KeyMalformed
from leadloop.runtime import preload, runtime
from leadloop.secrets import SecretMissing
from leadloop.spool import NotKept, publish_or_spool

preload(bus=True)


@functions_framework.http
def receive_crm_event(request: flask.Request) -> HttpAnswer:
    """Take ``POST /<crm>/<secret>`` or ``POST /signed``.

    404 or 401 to strangers, else 200; 400, 405, 413 or 503: nothing was read.
    """
    world = runtime()
    try:
        kind, _, secret = request.path.strip("/").partition("/")
        body = request.stream.read(world.policy.defaults.body_cap + 1) if kind in world.policy.account_names else b""
        hook = HookPosted(secret, request.environ, body)
        if not (verdict := judge_caller(world, kind, hook)):
            return refusal(verdict)
        if request.method not in (methods := methods_of(kind)):
            return answers.method_not_allowed(request.method, *methods)
        if request.method != "POST":
            return answers.plain("")
        taken = take(world, kind, hook, request.content_length or 0)
        publish_or_spool(world, "crm-hints", taken.message)
    except NotKept as fault:
        world.log.error("hint_not_kept", reason=str(fault), what_to_do="see the reason: disk, connection or rights")
        return answers.unavailable("the webhook was not kept")
    except (SecretMissing, KeyMalformed) as fault:
        world.log.error("hook_refused", reason=str(fault), what_to_do="set the variable and restart the function")
        return answers.unavailable("webhooks cannot be authenticated")
    return taken.answer
