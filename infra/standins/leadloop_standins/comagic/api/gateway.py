"""The one route: from the bytes of a request to the bytes of its answer."""

from typing import Any

import flask
from werkzeug.wrappers import Request, Response

from .access import check_account, check_method, check_network
from .envelope import CallId, call_of, document_of, id_of
from .listings import LISTINGS
from .marking import MARKING
from .methods import Caller, Method, Outcome
from .office import Office
from .params import COMMON, Param, Params, check_params
from .refusals import RpcRefused
from .uploading import UPLOADING

PATH = "/v2.0"

_LOGIN = {"login": Param("text", required=True), "password": Param("text", required=True)}
_LATEST_VERSION = "v3.0"


def _log_out(office: Office, params: Params, caller: Caller) -> Outcome:  # noqa: ARG001 - it takes none
    office.keys.remove(caller.token)
    return Outcome({"data": {}})


METHODS = {
    one.name: one
    for one in (*LISTINGS, *MARKING, *UPLOADING, Method("logout.user", COMMON, _log_out, tells_metadata=False))
}


def add_gateway(app: flask.Flask, office: Office) -> None:
    """POST /v2.0, with a slash at its end or without."""

    @app.post(PATH)
    @app.post(f"{PATH}/")
    def serve() -> Response:
        request = flask.request
        if "chunked" in request.headers.get("Transfer-Encoding", "") and (
            office.switches.text("chunked_bodies") == "refused"
        ):
            return Response("Length Required", 411, mimetype="text/plain")
        return _Exchange(office).answer(request)


def rpc_response(body: dict[str, object], status: int = 200) -> Response:
    """JSON as the vendor writes it."""
    text = flask.json.dumps(body, ensure_ascii=False)
    return Response(text, status, content_type="application/json; charset=UTF-8")


def refusal_response(
    refusal: RpcRefused, call_id: CallId | None, metadata: dict[str, object], status: int = 200
) -> Response:
    """An error as the vendor writes it."""
    return rpc_response({"jsonrpc": "2.0", "id": call_id, "error": refusal.body(metadata)}, status)


class _Exchange:
    """One request. `metadata` is told from the moment the call counts against the limits."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._is_counted = False

    def answer(self, request: Request) -> Response:
        call_id = None
        try:
            document = document_of(request, self._office.switches)
            call_id = id_of(document)
            call = call_of(document, self._office.switches)
            result = self._result(call.method, call.params, request.remote_addr or "127.0.0.1")
        except RpcRefused as refusal:
            return self._refuse(refusal, call_id)
        return rpc_response({"jsonrpc": "2.0", "id": call.id, "result": result})

    def _result(self, name: str, params: dict[str, Any], address: str) -> dict[str, object]:
        office, switches = self._office, self._office.switches
        method = METHODS.get(name)
        if name == "login.user":
            check_network(switches, address)
            check_account(switches)
            return _log_in(office, params)
        if method is None:
            raise RpcRefused("method_not_found")
        caller = _caller(office, params)
        check_network(switches, address)
        check_account(switches)
        check_method(office, method, caller.key)
        return self._perform(method, params, caller)

    def _perform(self, method: Method, params: dict[str, Any], caller: Caller) -> dict[str, object]:
        office, now = self._office, self._office.unix_now()
        self._is_counted = True
        office.limits.check(now)
        try:
            check_params(params, method.params)
            outcome = method.perform(office, params, caller)
        except RpcRefused:
            if office.switches.on("failed_calls_cost_points"):
                office.limits.spend(now)
            raise
        office.limits.spend(now)
        if not method.tells_metadata:
            return outcome.result
        items = {} if outcome.total_items is None else {"total_items": outcome.total_items}
        return {**outcome.result, "metadata": {**items, **self._metadata()}}

    def _refuse(self, refusal: RpcRefused, call_id: CallId | None) -> Response:
        by_code = self._office.switches.text("error_statuses") == "by_code"
        metadata = self._metadata() if self._is_counted else {}
        return refusal_response(refusal, call_id, metadata, refusal.status if by_code else 200)

    def _metadata(self) -> dict[str, object]:
        limits = self._office.limits.told(self._office.unix_now())
        if not self._office.switches.on("api_version_deprecated"):
            return {"limits": limits}
        versions = {"current_version": PATH.strip("/"), "latest_version": _LATEST_VERSION}
        return {"api_version": {"current_version_deprecated": True, **versions}, "limits": limits}


def _caller(office: Office, params: Params) -> Caller:
    token = params.get("access_token")
    if token is None:
        raise RpcRefused("required_parameter_missed", "access_token")
    if not isinstance(token, str):
        raise RpcRefused("data_type_error", "access_token")
    key = office.keys.admit(token, office.unix_now(), office.switches.text("ended_session"))
    return Caller(key, token)


def _log_in(office: Office, params: Params) -> dict[str, object]:
    check_params(params, _LOGIN)
    token, ends_at = office.keys.log_in(params["login"], params["password"], office.unix_now())
    end = {office.switches.text("session_end_key"): ends_at}
    return {"data": {"access_token": token, **end, "app_id": office.account.profile.app_id}}
