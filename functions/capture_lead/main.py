"""capture-lead: a site's form post is understood, kept by one durable write, and only then answered 2xx."""

from __future__ import annotations

import flask
import functions_framework

from leadloop import answers
from leadloop.adapters.ready_answer import ready
from leadloop.forms.builders import ConnectionTest
from leadloop.forms.callers import Caller
from leadloop.forms.capture import Received, capture
from leadloop.forms.desk import FormRefused
from leadloop.runtime import preload, runtime
from leadloop.spool import NotKept, publish_or_spool

preload(bus=True)


@functions_framework.http
def capture_lead(request: flask.Request) -> answers.HttpAnswer | flask.Response:
    """Take a form post from a page, a plain form or a site builder's server."""
    world = runtime()
    caller = Caller.of(request.environ, world.policy.site)
    if request.method == "OPTIONS":
        return caller.preflight()
    if request.method != "POST":
        return answers.method_not_allowed(request.method, "POST", "OPTIONS")
    received = Received.of(request, caller.content_type, world.policy.defaults.body_cap)
    try:
        captured = capture(world, received, caller)
        publish_or_spool(world, "submissions", captured.message)
    except ConnectionTest as test:
        return answers.plain(test.answer)
    except FormRefused as refused:
        return refused.answer
    except NotKept as fault:
        world.log.error("lead_not_kept", reason=str(fault), what_to_do="see the reason: disk, connection or rights")
        return answers.unavailable("the form was not kept", caller.cors)
    return ready(captured.answer_to(caller))
