"""upload-conversions through its own front door."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from leadloop import timestamps
from leadloop.ports.store import Create, Key, StoreUnavailable
from support.metrica_desk import ANNA, BORIS, TOKEN, MetricaDesk, MetricaServer, metrica_server


@pytest.fixture(scope="module")
def server() -> Iterator[MetricaServer]:
    with metrica_server() as served:
        yield served


@pytest.fixture
def desk(server: MetricaServer) -> Iterator[MetricaDesk]:
    desk = MetricaDesk(server)
    with desk.world.in_force():
        yield desk


def tick(desk: MetricaDesk, status: int = 200) -> dict[str, Any]:
    """What Cloud Scheduler does."""
    answer = desk.world.client("upload-conversions").post("/")
    assert answer.status_code == status
    return dict(answer.get_json())


def test_it_sends_and_says_what_it_sent(desk: MetricaDesk) -> None:
    desk.plant("anna", client_id=ANNA)
    desk.plant("vera")
    answer = tick(desk)
    assert answer["outcome"] == "ran"
    assert answer["stopped"] is None
    assert answer["rows"] == {"accepted": 1}
    assert answer["withheld"] == {"held.no_identifier": 1}
    assert len(desk.conversions()) == 1


def test_two_ticks_at_once(desk: MetricaDesk) -> None:
    desk.plant("anna", client_id=ANNA)
    until = timestamps.to_text(desk.now() + timedelta(minutes=10))
    desk.world.store.commit([Create(Key("lease", "upload-conversions"), {"owner": "the other", "until": until})])
    assert tick(desk) == {"outcome": "lease held", "until": until}
    assert desk.posts() == 0
    desk.pass_time(minutes=10, seconds=1)
    assert tick(desk)["rows"] == {"accepted": 1}


def test_a_dead_metrica_is_no_failure_of_the_tick(desk: MetricaDesk) -> None:
    desk.plant("anna", client_id=ANNA)
    desk.fault("status", status=503, path=None, method=None, times=None)
    answer = tick(desk)
    assert answer["outcome"] == "ran"
    assert "metrica list_goals" in answer["stopped"]
    assert desk.lead("anna").claims == {}


def test_without_a_token_it_says_which_variable_to_set(server: MetricaServer) -> None:
    desk = MetricaDesk(server, token="")
    with desk.world.in_force():
        answer = tick(desk)
    assert answer["outcome"] == "not begun"
    assert "LEADLOOP_METRICA_TOKEN" in answer["stopped"]
    assert desk.log.events("ERROR") == ["upload_not_begun"]


def test_a_store_that_fails_is_a_failure_of_the_tick(desk: MetricaDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(desk.world.store, "query", fail)
    tick(desk, 503)
    assert "upload_interrupted" in desk.log.events("ERROR")
    monkeypatch.undo()
    desk.plant("boris", client_id=BORIS)
    assert tick(desk)["rows"] == {"accepted": 1}, "the lease was given back"


def test_neither_token_nor_identifier_reaches_the_log(desk: MetricaDesk) -> None:
    desk.plant("anna", client_id=ANNA)
    for fault in ("accept_then_drop", "quota", "invalid_uploading"):
        desk.fault(fault)
        tick(desk)
    for _ in range(3):
        desk.pass_time(hours=2)
        tick(desk)
    told = repr(desk.log.entries)
    assert desk.log.entries
    assert TOKEN not in told
    assert ANNA not in told
