"""The least a function can do with a post: read it and answer. What leadloop's own work is compared with."""

import flask
import functions_framework


@functions_framework.http
def bare(request: flask.Request) -> str:
    request.get_data()
    return "ok"
