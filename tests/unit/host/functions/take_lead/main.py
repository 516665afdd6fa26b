"""Publishes one message per lead id it is given, and answers with what it saw of the request."""

import flask
import functions_framework
from title import TITLE  # type: ignore[import-not-found]  # beside this file, found when served

from leadloop.messages import LeadRegistered
from leadloop.runtime import runtime


@functions_framework.http
def take_lead(request: flask.Request) -> dict[str, object]:
    if request.path == "/crash":
        raise RuntimeError("the phone of Anna is +79990000001")
    body = request.get_json(silent=True) or {}
    for lead_id in body.get("leads", []):
        runtime().bus.publish(body.get("topic", "leads"), LeadRegistered(event_id=f"event-{lead_id}", lead_id=lead_id))
    return {"title": TITLE, "path": request.path, "method": request.method, "size": len(request.get_data())}
