"""Faults a test orders: servers that fail, answers that are no JSON, errors under any status."""

import json

import pytest
import requests

from leadloop_standins.clock import Clock
from leadloop_standins.comagic.stand_in import CoMagicStandIn
from leadloop_standins.command import running
from unit.standins.comagic.conftest import SEED
from unit.standins.comagic.driver import TARGET, TOKEN, CoMagicDriver, Json

CALL: Json = {"jsonrpc": "2.0", "id": "f", "method": "get.tags", "params": {"access_token": TOKEN}}


def test_a_fault_may_concern_one_method(comagic: CoMagicDriver) -> None:
    comagic.order("status", path="get.calls_report", status=503, retry_after=30)
    assert comagic.result("get.tags")
    answer = comagic.post({**CALL, "method": "get.calls_report"})
    assert (answer.status_code, answer.headers["Retry-After"], answer.mimetype) == (503, "30", "text/html")
    assert [entry["query"] for entry in comagic.ledger()["journal"]] == ["method=get.tags", "method=get.calls_report"]


@pytest.mark.parametrize("status", [200, 400, 500])
def test_an_error_may_have_any_status(comagic: CoMagicDriver, status: int) -> None:
    comagic.order("rpc_error", mnemonic="internal_error", http_status=status)
    answer = comagic.post(CALL)
    told = json.loads(answer.text)
    assert (answer.status_code, told["id"], told["error"]["code"]) == (status, "f", -32603)
    assert told["error"]["data"]["mnemonic"] == "internal_error"
    assert "result" in json.loads(comagic.post(CALL).text)


def test_an_ordered_error_does_nothing(comagic: CoMagicDriver) -> None:
    about = comagic.phone()["communication_id"]
    order = {"communication_id": about, "communication_type": "call", "tag_id": TARGET}
    comagic.order("rpc_error", path="set.tag", mnemonic="limit_exceeded")
    assert comagic.mnemonic("set.tag_communications", **order) == "limit_exceeded"
    assert comagic.ledger()["communications"][0]["tags"] == []
    comagic.order("accept_then_status", path="set.tag", status=502)
    answer = comagic.post({**CALL, "method": "set.tag_communications", "params": {"access_token": TOKEN, **order}})
    assert answer.status_code == 502
    assert len(comagic.ledger()["communications"][0]["tags"]) == 1


def test_garbage_is_a_page_with_200(comagic: CoMagicDriver) -> None:
    comagic.order("garbage", times=2)
    for _ in range(2):
        answer = comagic.post(CALL)
        assert (answer.status_code, answer.mimetype) == (200, "text/html")
        with pytest.raises(json.JSONDecodeError):
            json.loads(answer.text)
    assert comagic.result("get.tags")


def test_an_unknown_mnemonic_cannot_be_ordered(comagic: CoMagicDriver) -> None:
    assert "'access_token_expired'" in comagic.refused("faults", {"fault": "rpc_error", "mnemonic": "sunset"})


def test_a_real_connection_is_slow_cut_or_gone() -> None:
    with running(CoMagicStandIn(Clock(), SEED)) as base_url, requests.Session() as session:

        def order(fault: str, **instruction: object) -> None:
            session.post(f"{base_url}/_stand_in/faults", json={"fault": fault, **instruction}, timeout=20)

        def call(timeout: float = 20) -> requests.Response:
            return session.post(f"{base_url}/v2.0", json=CALL, timeout=timeout)

        order("slow", seconds=0.3)
        with pytest.raises(requests.ReadTimeout):
            call(timeout=0.05)
        order("truncate", keep=20)
        with pytest.raises(requests.RequestException):
            call()
        order("drop_before", times=None)
        for _ in range(2):
            with pytest.raises(requests.ConnectionError):
                call()
        session.delete(f"{base_url}/_stand_in/faults", timeout=20)
        assert call().json()["result"]["metadata"]["total_items"] == 2
