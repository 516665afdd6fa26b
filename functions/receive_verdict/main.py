"""receive-verdict: an antifraud service's signed word becomes a message, by one durable write."""

from __future__ import annotations

import flask
import functions_framework

from leadloop import answers
from leadloop.answers import HttpAnswer
from leadloop.identity.keys import KeyMalformed
from leadloop.messages import VerdictUnreadable
from leadloop.runtime import runtime
from leadloop.secrets import SecretMissing
from leadloop.spool import NotKept, publish_or_spool
from leadloop.standard_webhooks import Stamp
from leadloop.verdict_intake import BODY_CAP, judge_sender, message_of


@functions_framework.http
def receive_verdict(request: flask.Request) -> HttpAnswer:
    """Take a webhook signed by Standard Webhooks; 401 to strangers, else 200, or 503 when nothing was kept."""
    world = runtime()
    if not world.policy.fraud.providers:
        return answers.error(404, "not_found", "no service's verdicts are taken", "name it in fraud.providers")
    if request.method != "POST":
        return answers.method_not_allowed(request.method, "POST")
    body, stamp = request.stream.read(BODY_CAP + 1), Stamp.of(request.headers)
    if len(body) > BODY_CAP:
        return answers.error(413, "body_too_large", f"a verdict has at most {BODY_CAP} bytes", "send one at a time")
    try:
        signed = judge_sender(world, stamp, body)
        if not signed:
            return answers.error(401, signed.rule, signed.reason, "see the Standard Webhooks specification")
        message = message_of(world, stamp, body)
        publish_or_spool(world, "verdicts", message)
    except NotKept as fault:
        world.log.error("verdict_not_kept", reason=str(fault), what_to_do="see the reason: disk, connection or rights")
        return answers.unavailable("the verdict was not kept")
    except (SecretMissing, KeyMalformed) as fault:
        world.log.error("verdict_refused", reason=str(fault), what_to_do="set the variable and restart the function")
        return answers.unavailable("verdicts cannot be authenticated")
    unreadable = message.reason if isinstance(message, VerdictUnreadable) else None
    return answers.ok({"event_id": message.event_id, "unreadable": unreadable})
