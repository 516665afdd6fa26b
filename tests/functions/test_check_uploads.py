"""check-uploads through its own front door."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from leadloop import timestamps
from leadloop.ports.store import Create, Key
from support.metrica_desk import ANNA, BORIS, MetricaDesk, MetricaServer, metrica_server


@pytest.fixture(scope="module")
def server() -> Iterator[MetricaServer]:
    with metrica_server() as served:
        yield served


@pytest.fixture
def desk(server: MetricaServer) -> Iterator[MetricaDesk]:
    desk = MetricaDesk(server)
    desk.plant("anna", client_id=ANNA)
    with desk.world.in_force():
        yield desk


def tick(desk: MetricaDesk) -> dict[str, Any]:
    answer = desk.world.client("check-uploads").post("/")
    assert answer.status_code == 200
    return dict(answer.get_json())


def test_an_upload_is_done_when_its_totals_are_read_back(desk: MetricaDesk) -> None:
    desk.upload()
    assert tick(desk)["uploads"]["accepted"] == 1
    desk.pass_time(hours=2)
    assert tick(desk)["uploads"]["terminal"] == 1
    assert desk.the_upload().totals["line_quantity"] == 1


def test_a_lost_upload_is_adopted_without_waiting_for_the_next_upload_run(desk: MetricaDesk) -> None:
    desk.fault("accept_then_drop")
    desk.fault("listing_lag", path=None, method=None, minutes=15.0, times=None)
    desk.upload()
    assert desk.states() == ["unknown"]
    desk.pass_time(minutes=20)
    assert tick(desk)["uploads"]["adopted"] == 1
    assert desk.the_upload().adopted


def test_it_never_sends_anything(desk: MetricaDesk) -> None:
    desk.fault("drop_before")
    desk.upload()
    for _ in range(12):
        desk.pass_time(minutes=30)
        tick(desk)
    assert desk.posts() == 1
    assert len(desk.the_upload().absences) == 2


def test_two_ticks_at_once(desk: MetricaDesk) -> None:
    until = timestamps.to_text(desk.now() + timedelta(minutes=4))
    desk.world.store.commit([Create(Key("lease", "check-uploads"), {"owner": "the other", "until": until})])
    assert tick(desk) == {"outcome": "lease held", "until": until}


def test_a_dead_metrica_is_no_failure_of_the_tick(desk: MetricaDesk) -> None:
    desk.upload()
    desk.fault("status", status=500, path=None, method=None, times=None)
    assert tick(desk)["stopped"] is not None


@pytest.mark.parametrize("answer", [{"status": 500}, {"status": 200, "html": "<h1>Sorry</h1>"}])
def test_an_upload_that_metrica_cannot_tell_about_keeps_no_other_waiting(
    desk: MetricaDesk, answer: dict[str, object]
) -> None:
    desk.upload()
    stuck = desk.the_upload()
    desk.fault("status", path=f"/uploading/{stuck.vendor_id}$", method="GET", times=None, **answer)
    desk.plant("boris", client_id=BORIS)
    desk.pass_time(minutes=1)
    desk.upload()
    for _ in range(3):
        desk.pass_time(hours=1)
        tick(desk)
    assert {upload.token == stuck.token: upload.state for upload in desk.uploads()} == {
        True: "accepted",
        False: "terminal",
    }
