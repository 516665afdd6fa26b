"""A scheduled function that notes how it was called; begun and ended, so that an overlap would show."""

import flask
import functions_framework
from title import TITLE  # type: ignore[import-not-found]  # beside this file, found when served

from unit.host.ledger import ordered_status, record


@functions_framework.http
def run_round(request: flask.Request) -> tuple[str, int]:
    headers = {name: value for name, value in request.headers.items() if "scheduler" in (name + value).lower()}
    record("run-round", phase="begun", method=request.method, headers=headers, title=TITLE)
    status = ordered_status("run-round")
    record("run-round", phase="ended")
    return "", status
