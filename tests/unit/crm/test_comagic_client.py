"""Calls of CoMagic's Data API: what is sent, and what each answer means for whoever asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from leadloop.crm.comagic.client import AccessKeyUnavailable, AnswerUnreadable, CoMagicClient, either
from leadloop.ports.http import HttpRequest, HttpResponse, OutcomeUnknown, RateLimited, Refused
from leadloop.secrets import Secrets

KEY = "key-of-the-integration"
LIMITS = {"day_limit": 1000, "day_remaining": 0, "day_reset": 45000, "minute_limit": 250, "minute_reset": 12}


class Scripted:
    """Answers with what it was given, and remembers what it was asked."""

    def __init__(self, body: object, status: int = 200) -> None:
        self.asked: list[HttpRequest] = []
        self._answer = HttpResponse(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())

    def send(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request)
        return self._answer


def client(http: Scripted, environment: Mapping[str, str] | None = None) -> CoMagicClient:
    return CoMagicClient(http, "https://dataapi.example", Secrets(environment or {"LEADLOOP_COMAGIC_TOKEN": KEY}))


def error(code: int, mnemonic: str, **data: object) -> dict[str, Any]:
    told = {"mnemonic": mnemonic, "extended_helper": "https://help.example", **data}
    return {"jsonrpc": "2.0", "id": "x", "error": {"code": code, "message": f"secret of {KEY}", "data": told}}


def test_one_call_a_request_with_its_id_its_fields_and_its_length() -> None:
    http = Scripted({"jsonrpc": "2.0", "id": "read_calls", "result": {"data": [{"id": 1}, "odd"], "metadata": {}}})
    found = client(http).get("read_calls", "get.calls_report", ("id", "yclid"), limit=5)
    assert found.rows == [{"id": 1}]
    [request] = http.asked
    assert (request.method, request.url, request.repeatable) == ("POST", "https://dataapi.example/v2.0", True)
    assert request.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert json.loads(request.body or b"") == {
        "jsonrpc": "2.0",
        "id": "read_calls",
        "method": "get.calls_report",
        "params": {"access_token": KEY, "fields": ["id", "yclid"], "limit": 5},
    }


@pytest.mark.parametrize("status", [200, 400, 401, 403])
@pytest.mark.parametrize(
    ("code", "mnemonic", "account"),
    [
        (-32001, "access_token_expired", True),
        (-32001, "something_new", True),
        (-32003, "ip_not_whitelisted", True),
        (-32008, "method_component_disabled", True),
        (-32009, "account_inactive", True),
        (-32602, "unexpected_parameters", False),
        (-32601, "method_not_found", False),
    ],
)
def test_the_body_says_what_is_refused_whatever_the_status(
    status: int, code: int, mnemonic: str, account: bool
) -> None:
    with pytest.raises(Refused) as refused:
        client(Scripted(error(code, mnemonic, field="fields"), status)).get("list_tags", "get.tags")
    assert mnemonic in str(refused.value)
    assert (refused.value.status in (401, 402, 403)) is account
    assert KEY not in str(refused.value)


@pytest.mark.parametrize(
    ("data", "seconds", "window"),
    [
        ({"params": {"limit_type": "day"}, "metadata": {"limits": LIMITS}}, 45000, "day"),
        ({"params": {"limit_type": "minute"}, "metadata": {"limits": LIMITS}}, 12, "minute"),
        ({"metadata": {"limits": LIMITS}}, 45000, "day"),
        ({"metadata": {"limits": {**LIMITS, "day_remaining": 3}}}, 12, "minute"),
        ({}, None, "minute"),
    ],
)
def test_a_limit_says_when_there_is_more(data: dict[str, object], seconds: float | None, window: str) -> None:
    with pytest.raises(RateLimited) as limited:
        client(Scripted(error(-32029, "limit_exceeded", **data))).get("list_tags", "get.tags")
    assert limited.value.retry_after == seconds
    assert f"a {window} are spent" in str(limited.value)


@pytest.mark.parametrize(
    ("body", "status", "raised"),
    [
        (b"<html>", 200, AnswerUnreadable),
        (b"<html>", 404, Refused),
        (b"[]", 200, AnswerUnreadable),
        ({"jsonrpc": "2.0", "id": 1, "result": {"data": {}}}, 200, AnswerUnreadable),
        ({"jsonrpc": "2.0", "id": 1}, 200, AnswerUnreadable),
        (error(-32603, "internal_error"), 200, OutcomeUnknown),
        ({"error": "odd"}, 200, Refused),
    ],
)
def test_what_is_no_answer_is_told_from_a_refusal(body: object, status: int, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        client(Scripted(body, status)).get("list_tags", "get.tags")


def test_without_a_key_nothing_is_asked() -> None:
    http = Scripted({})
    with pytest.raises(AccessKeyUnavailable, match="LEADLOOP_COMAGIC_TOKEN"):
        client(http, {"LEADLOOP_COMAGIC_TOKEN": " "}).get("list_tags", "get.tags")
    assert http.asked == []


def test_some_of_many_are_asked_for_by_comparisons_alone() -> None:
    assert either("communication_id", ["9", "10"]) == {
        "filters": [
            {"field": "communication_id", "operator": "=", "value": 9},
            {"field": "communication_id", "operator": "=", "value": 10},
        ],
        "condition": "or",
    }
