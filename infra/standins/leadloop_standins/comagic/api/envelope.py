"""JSON-RPC 2.0 as the vendor reads it: one call a request, and every call with an id.

Source: https://comagic.github.io/data_api/, agreements and the common fields of all methods.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Request

from ...switches import Switches
from .refusals import RpcRefused

CallId = str | int | float


@dataclass(frozen=True)
class Call:
    """A well-formed call."""

    id: CallId
    method: str
    params: dict[str, Any] = field(default_factory=dict)


def document_of(request: Request, switches: Switches) -> object:
    """The JSON of a request; RpcRefused when there is none."""
    if switches.text("other_content_types") == "refused" and request.mimetype != "application/json":
        raise RpcRefused("invalid_request")
    try:
        return json.loads(request.get_data())
    except ValueError:
        raise RpcRefused("parse_error") from None


def id_of(document: object) -> CallId | None:
    """The id to answer with, of its own type; None when there is none to answer with."""
    given = document.get("id") if isinstance(document, dict) else None
    return given if isinstance(given, str | int | float) and not isinstance(given, bool) else None


def call_of(document: object, switches: Switches) -> Call:
    """The call; RpcRefused for batches, notifications and what is no call at all."""
    if isinstance(document, list):
        raise RpcRefused(switches.text("batch_mnemonic"))
    if not isinstance(document, dict):
        raise RpcRefused("invalid_request")
    if "id" not in document:
        raise RpcRefused("notifications_not_supported")
    call_id, method, params = id_of(document), document.get("method"), document.get("params")
    if call_id is None or document.get("jsonrpc") != "2.0" or not isinstance(method, str):
        raise RpcRefused("invalid_request")
    if params is None:
        raise RpcRefused("required_parameter_missed", "params")
    if not isinstance(params, dict):
        raise RpcRefused("data_type_error", "params", params)
    return Call(call_id, method, params)


def method_named(body: bytes) -> str:
    """The method that a body asks for, whatever else is wrong with it; empty when it asks for none."""
    try:
        document = json.loads(body)
    except ValueError:
        return ""
    named = document.get("method") if isinstance(document, dict) else None
    return named if isinstance(named, str) else ""
