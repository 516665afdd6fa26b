"""/rest/{user}/{code}/{method}: one route for every method, in JSON, as a form or as a query.

Source: https://apidocs.bitrix24.ru/settings/how-to-call-rest-api/general-principles.html.
"""

import re
from collections.abc import Mapping
from typing import Any, Protocol

import flask
from werkzeug.wrappers import Response

from ...php_query import parse_query
from .access import Access
from .batch import method_name
from .calls import Answer, Call, Office
from .dispatch import BATCH, Dispatcher
from .problems import CallRefused

_LIMITS = frozenset(("QUERY_LIMIT_EXCEEDED", "OPERATION_TIME_LIMIT"))
_SECRET = re.compile(r"^(/rest/[^/]*/)[^/]+(/|$)")


class RestOffice(Office, Protocol):
    """What the route needs besides."""

    access: Access
    dispatcher: Dispatcher

    def note(self, text: str) -> None:
        """Writes beside the request in the journal."""


def add_rest_route(app: flask.Flask, office: RestOffice) -> None:
    """Every method of the portal."""

    @app.route("/rest/<user_id>/<code>/<path:name>", methods=["GET", "POST"])
    def call_method(user_id: str, code: str, name: str) -> tuple[Response, int]:
        admitted = office.access.admit(user_id, code, office.portal.users, office.switches, office.unix_now())
        if isinstance(admitted, CallRefused):
            return flask.jsonify(error_body(office, admitted, None)), admitted.status
        call = Call(office, admitted, method_name(name), requested_params())
        if call.method == BATCH:
            commands = (method_name(str(one).partition("?")[0]) for one in _commands(call))
            office.note(" ".join(commands))
        try:
            answer = office.dispatcher.perform(call)
        except CallRefused as problem:
            return flask.jsonify(error_body(office, problem, call)), problem.status
        return flask.jsonify(_envelope(answer, office.dispatcher.time_of(call))), 200


def requested_params() -> dict[str, Any]:
    """The query, and over it the body: a JSON object or a form with PHP's brackets. Any other body holds nothing."""
    request = flask.request
    params = parse_query(request.args.items(multi=True))
    if request.mimetype == "application/json":
        body = request.get_json(silent=True)
        return {**params, **body} if isinstance(body, dict) else params
    return {**params, **parse_query(request.form.items(multi=True))}


def error_body(office: RestOffice, problem: CallRefused, call: Call | None) -> dict[str, Any]:
    """The error envelope; a setting says which ones carry `time`."""
    body: dict[str, Any] = {
        "error": problem.told_code(office.switches),
        "error_description": problem.description,
    }
    which = office.switches.text("time_in_errors")
    if call is not None and (which == "all" or (which == "limits" and problem.code in _LIMITS)):
        body["time"] = office.dispatcher.time_of(call)
    return body


def path_without_secret(path: str) -> str:
    """The path with the code of the webhook left out."""
    return _SECRET.sub(r"\1…\2", path)


def _envelope(answer: Answer, time: Mapping[str, Any]) -> dict[str, Any]:
    counted = {"next": answer.next, "total": answer.total}
    return {"result": answer.result, **{name: one for name, one in counted.items() if one is not None}, "time": time}


def _commands(call: Call) -> list[object]:
    return list(call.items("cmd"))
