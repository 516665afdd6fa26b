"""Notes a dead letter with what the bus said about its death."""

import flask
import functions_framework

from leadloop.messages import read_push
from unit.host.ledger import ordered_status, record


@functions_framework.http
def keep_dead(request: flask.Request) -> tuple[str, int]:
    envelope, message = read_push(request.get_data())
    status = ordered_status("keep-dead")
    record("keep-dead", event=message.event_id, attributes=envelope.message.attributes, answered=status)
    return "", status
