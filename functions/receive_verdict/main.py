"""receive-verdict: an antifraud service's signed word becomes a message, by one durable write."""

from __future__ import annotations

import flask
import functions_framework

from leadloop import answers
from leadloop.answers import HttpAnswer
from leadloop.runtime import preload, runtime
from leadloop.spool import NotKept, publish_or_spool
from leadloop.standard_webhooks import Stamp
from leadloop.verdict_intake import BODY_CAP, VerdictRefused, admit

preload(bus=True)


@functions_framework.http
def receive_verdict(request: flask.Request) -> HttpAnswer:
    """Take a webhook signed by Standard Webhooks; 401 to strangers, else 200, or 503 when nothing was kept."""
    world = runtime()
    if not world.policy.fraud.providers:
        return answers.error(404, "not_found", "no service's verdicts are taken", "name it in fraud.providers")
    if request.method != "POST":
        return answers.method_not_allowed(request.method, "POST")
    try:
        admitted = admit(world, Stamp.of(request.headers), request.stream.read(BODY_CAP + 1))
        publish_or_spool(world, "verdicts", admitted.message)
    except VerdictRefused as refused:
        return refused.answer
    except NotKept as fault:
        world.log.error("verdict_not_kept", reason=str(fault), what_to_do="see the reason: disk, connection or rights")
        return answers.unavailable("the verdict was not kept")
    return answers.ok({"event_id": admitted.message.event_id, "unreadable": admitted.unreadable})
