"""A consumer that notes each delivery in the ledger and answers as the test ordered."""

import flask
import functions_framework

from leadloop.messages import read_push
from unit.host.ledger import ordered_status, record


@functions_framework.http
def note_lead(request: flask.Request) -> tuple[str, int]:
    envelope, message = read_push(request.get_data())
    status = ordered_status("note-lead")
    record(
        "note-lead",
        event=message.event_id,
        attempt=envelope.delivery_attempt,
        subscription=envelope.subscription,
        message_id=envelope.message.message_id,
        answered=status,
    )
    return "", status
