"""capture-visit: serves the tag, and keeps a browser's word that it is on the site by one durable write."""

from __future__ import annotations

import flask
import functions_framework

from leadloop import answers, tag
from leadloop.answers import HttpAnswer
from leadloop.forms.beacon import BODY_CAP, BeaconRefused, read_beacon
from leadloop.forms.callers import Caller
from leadloop.forms.capture import Received
from leadloop.runtime import preload, runtime
from leadloop.spool import NotKept, publish_or_spool

preload(bus=True)


@functions_framework.http
def capture_visit(request: flask.Request) -> HttpAnswer:
    """Take a beacon of the tag, or hand out the tag itself."""
    world = runtime()
    if request.method in ("GET", "HEAD") and request.path.endswith("/tag.js"):
        return answers.script(tag.script(), tag.etag(), request.headers.get("If-None-Match", ""))
    caller = Caller.of(request.environ, world.policy.site)
    if request.method == "OPTIONS":
        return caller.preflight()
    if request.method != "POST":
        return answers.method_not_allowed(request.method, "POST", "OPTIONS")
    body = request.stream.read(BODY_CAP + 1)
    received = Received(body, request.headers.get("Content-Type", ""), request.content_length or len(body))
    try:
        publish_or_spool(world, "visits", read_beacon(world, received, caller))
    except BeaconRefused as refused:
        return refused.answer
    except NotKept as fault:
        world.log.error("visit_not_kept", reason=str(fault), what_to_do="see the reason: disk, connection or rights")
        return answers.unavailable("the visit was not kept", caller.cors)
    return answers.no_content(caller.cors)
