"""keep-dead-letter: a message that failed every delivery is kept, to be looked at and replayed."""

from __future__ import annotations

import flask
import functions_framework

from leadloop.consuming import Answer
from leadloop.dead_letters import keep
from leadloop.runtime import preload, runtime

preload(store=True)


@functions_framework.http
def keep_dead_letter(request: flask.Request) -> Answer:
    """Take one delivery of the topic ``dead-letters``."""
    return keep(runtime(), request.get_data())
