"""JSON-RPC: one call a request, the id comes back as it was, errors have mnemonics."""

import json
from pathlib import Path

import pytest

from unit.standins.comagic.driver import TOKEN, CoMagicDriver, Json, pretty


def call(**changes: object) -> Json:
    frame = {"jsonrpc": "2.0", "id": 1, "method": "get.tags", "params": {"access_token": TOKEN}}
    return {name: value for name, value in {**frame, **changes}.items() if value is not ...}


@pytest.mark.parametrize("call_id", ["calls-2026-11-22T10", "7", 7, 0, 1.5, ""])
def test_the_id_comes_back_with_its_type(comagic: CoMagicDriver, call_id: object) -> None:
    told = json.loads(comagic.post(call(id=call_id)).text)
    assert (told["id"], type(told["id"]), told["jsonrpc"]) == (call_id, type(call_id), "2.0")
    refused = json.loads(comagic.post(call(id=call_id, method="get.nothing")).text)
    assert (refused["id"], type(refused["id"])) == (call_id, type(call_id))


@pytest.mark.parametrize(
    ("document", "code", "mnemonic", "call_id"),
    [
        (call(id=...), -32099, "notifications_not_supported", None),
        ([call()], -32099, "batch_opreations_not_supported", None),
        ([], -32099, "batch_opreations_not_supported", None),
        ("get.tags", -32600, "invalid_request", None),
        (call(id=None), -32600, "invalid_request", None),
        (call(id=True), -32600, "invalid_request", None),
        (call(id=[1]), -32600, "invalid_request", None),
        (call(jsonrpc="1.0"), -32600, "invalid_request", 1),
        (call(jsonrpc=...), -32600, "invalid_request", 1),
        (call(method=...), -32600, "invalid_request", 1),
        (call(method="get.everything"), -32601, "method_not_found", 1),
        (call(params=...), -32602, "required_parameter_missed", 1),
        (call(params=[TOKEN]), -32602, "data_type_error", 1),
        (call(params={"access_token": TOKEN, "limits": 1}), -32602, "unexpected_parameters", 1),
        (call(params={"access_token": TOKEN, "limit": "1"}), -32602, "data_type_error", 1),
        (call(params={"access_token": TOKEN, "limit": True}), -32602, "data_type_error", 1),
        (call(method="get.calls_report"), -32602, "required_parameter_missed", 1),
    ],
)
def test_what_is_no_call_is_refused_by_mnemonic(
    comagic: CoMagicDriver, document: object, code: int, mnemonic: str, call_id: object
) -> None:
    answer = comagic.post(document)
    told = json.loads(answer.text)
    error = told["error"]
    assert (answer.status_code, told["id"], error["code"], error["data"]["mnemonic"]) == (200, call_id, code, mnemonic)
    assert "result" not in told


def test_a_broken_body_is_a_parse_error(comagic: CoMagicDriver) -> None:
    answer = comagic.client.post("/v2.0", data=b'{"jsonrpc":', content_type="application/json; charset=UTF-8")
    assert json.loads(answer.text)["error"]["data"]["mnemonic"] == "parse_error"


def test_the_vendors_other_spelling_is_a_switch(comagic: CoMagicDriver) -> None:
    comagic.settings(batch_mnemonic="batch_operations_not_supported")
    assert json.loads(comagic.post([call()]).text)["error"]["data"]["mnemonic"] == "batch_operations_not_supported"


def test_only_post_is_served_and_only_there(comagic: CoMagicDriver) -> None:
    assert comagic.client.get("/v2.0").status_code == 405
    assert comagic.client.post("/v1.0", json=call()).status_code == 404
    assert comagic.client.post("/v2.0/", json=call()).status_code == 200


def test_other_content_types_are_refused_unless_the_switch_says_otherwise(comagic: CoMagicDriver) -> None:
    def posted() -> Json:
        answer = comagic.client.post("/v2.0", data=json.dumps(call()), content_type="text/plain")
        told: Json = json.loads(answer.text)
        return told

    assert posted()["error"]["data"]["mnemonic"] == "invalid_request"
    comagic.settings(other_content_types="accepted")
    assert "result" in posted()


def test_a_chunked_body_is_refused_unless_the_switch_says_otherwise(comagic: CoMagicDriver) -> None:
    chunked = {"Transfer-Encoding": "chunked"}
    assert comagic.post(call(), headers=chunked).status_code == 411
    comagic.settings(chunked_bodies="accepted")
    assert comagic.post(call(), headers=chunked).status_code == 200


@pytest.mark.parametrize(
    ("document", "status"),
    [
        (call(id=...), 400),
        (call(params={"access_token": "stranger"}), 401),
        (call(method="get.everything"), 404),
        (call(), 429),
    ],
)
def test_errors_may_have_a_status_of_their_own(comagic: CoMagicDriver, document: object, status: int) -> None:
    comagic.settings(minute_limit=0)
    assert comagic.post(document).status_code == 200
    comagic.settings(error_statuses="by_code")
    assert comagic.post(document).status_code == status


def test_an_error_in_full(comagic: CoMagicDriver, bodies: Path) -> None:
    told = comagic.call("get.calls_report", date_from="2026-08-22 00:00:00", date_till="2026-11-22 00:00:01")
    assert pretty(told) == (bodies / "error.json").read_text(encoding="utf-8")


def test_answers_say_what_they_are(comagic: CoMagicDriver) -> None:
    assert comagic.post(call()).headers["Content-Type"] == "application/json; charset=UTF-8"
    assert "Целевой" in comagic.post(call()).text
