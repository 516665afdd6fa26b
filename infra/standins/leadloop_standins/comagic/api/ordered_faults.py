"""What a test ordered to be answered instead of an answer."""

import flask
from werkzeug.wrappers import Response

from ...stand_in import StandIn
from ...switches import Switches
from .envelope import CallId, document_of, id_of
from .gateway import refusal_response
from .refusals import RpcRefused


def ordered_answer(stand_in: StandIn) -> Response | None:
    """The answer of the faults `garbage` and `rpc_error` when one is due for the request at hand."""
    if stand_in.fault("garbage"):
        return Response("<html><body>Сайт временно недоступен</body></html>", 200, mimetype="text/html")
    fault = stand_in.fault("rpc_error")
    if fault is None:
        return None
    refusal, status = RpcRefused(fault.params["mnemonic"]), int(fault.params["http_status"])
    return refusal_response(refusal, _call_id(Switches(lambda: stand_in.settings)), {}, status)


def _call_id(switches: Switches) -> CallId | None:
    try:
        return id_of(document_of(flask.request, switches))
    except RpcRefused:
        return None
