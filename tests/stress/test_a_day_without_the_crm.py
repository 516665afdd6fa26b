"""The CRM is away for a day: leads and webhooks are taken as ever, and afterwards everything is caught up with."""

from __future__ import annotations

from typing import Any

import pytest

from leadloop.ports.http import HttpRequest, HttpResponse, NotSent
from stress.crowd import client_id, stages_in_the_crm, stages_told, tick_until_quiet
from support.crm_desk import CrmDesk

TICKS_A_DAY = 96
EVERY = 8
"""A visitor comes and a deal is moved every two hours: twelve of either."""


class NoConnection:
    """An ``Http`` whose vendor refuses connections, or whose name is not known."""

    def __init__(self) -> None:
        self.tried = 0

    def send(self, request: HttpRequest) -> HttpResponse:
        self.tried += 1
        raise NotSent(request.vendor, request.operation, "no connection: its host refused; nothing was sent")


@pytest.fixture
def deals(desk: CrmDesk) -> list[int]:
    """Deals that are known, with their leads."""
    deals = []
    for number in range(TICKS_A_DAY // EVERY):
        desk.submit(f"visitor {number}", client_id=client_id(number))
        deals.append(desk.deal(fields={"_YM_UID": client_id(number)}))
        desk.settle()
        desk.carry_hooks()
        desk.clock.advance(minutes=3)
    return deals


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "drop_before"},
        {"fault": "status", "status": 502},
        {"fault": "status", "status": 429},
    ],
    ids=["cut off", "bad gateway", "limited"],
)
def test_that_fails_at_every_call(desk: CrmDesk, deals: list[int], fault: dict[str, Any]) -> None:
    desk.break_next(**fault, path="/api/", times=None)
    live_a_day(desk, deals)
    desk.amocrm.faults.clear()
    everything_is_caught_up_with(desk)


def test_that_cannot_be_reached(desk: CrmDesk, deals: list[int]) -> None:
    runtime, away = desk.world.runtime, NoConnection()
    http, runtime.http = runtime.http, away
    live_a_day(desk, deals)
    runtime.http = http
    assert away.tried <= 3 * TICKS_A_DAY
    everything_is_caught_up_with(desk)


def live_a_day(desk: CrmDesk, deals: list[int]) -> None:
    """People go on; every webhook and every form is answered, and no form waits for the CRM."""
    logged = len(desk.world.log.entries)
    hooks = 0
    for tick in range(TICKS_A_DAY):
        desk.clock.advance(minutes=15)
        if tick % EVERY == 0:
            number = tick // EVERY
            calls = len(desk.calls())
            desk.submit(f"visitor {number} again", client_id=client_id(number), phone=f"+7 999 000-00-{number:02d}")
            assert len(desk.calls()) == calls, "the answer to a form does not wait for the CRM"
            desk.settle()
            for stage in ("qualified", "meeting"):
                desk.move(deals[number], stage)
                desk.clock.advance(seconds=1)
            answers = desk.carry_hooks()
            assert {answer.status_code for answer in answers} == {200}
            hooks += len(answers)
        desk.sync()
    told = desk.world.log.events("ERROR")[:]
    assert set(told) == {"crm_unreadable"}
    assert len(desk.world.log.entries) - logged <= 2 * TICKS_A_DAY + 3 * hooks
    assert len(desk.world.documents("outcome")) >= hooks
    assert len(desk.marks()) >= len(deals)


def everything_is_caught_up_with(desk: CrmDesk) -> None:
    """By the first ticks after it is back, with times as the CRM has them, and no mark is left."""
    tick_until_quiet(desk, at_most=3)
    assert desk.marks() == []
    assert stages_told(desk) == stages_in_the_crm(desk)
