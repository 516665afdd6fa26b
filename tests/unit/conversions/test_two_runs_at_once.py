"""Two runs at once, one let in between any two touches of the other, and without a lease between them."""

from __future__ import annotations

import pytest

from leadloop.conversions.run import UploadRun
from leadloop.leases import LeaseHeld
from support.interruptions import Interrupter
from support.metrica_desk import ANNA, BORIS, VERA, MetricaDesk, MetricaServer, unix

Row = tuple[str, str, str, int]
EVERY_MOMENT = range(0, 90, 2)
PAST_THE_LEASE = 11
"""Minutes after which a run counts as gone, although it may only have been very slow."""


def plant_cast(desk: MetricaDesk) -> set[Row]:
    morning = desk.now()
    desk.plant("anna", client_id=ANNA, stages={"qualified": morning})
    desk.plant("boris", client_id=BORIS, stages={"qualified": morning}, deal="555")
    desk.plant("boris-again", client_id=VERA, stages={"qualified": morning}, deal="555")
    at = unix(morning)
    return {
        ("ClientId", ANNA, "lead_received", at),
        ("ClientId", ANNA, "lead_qualified", at),
        ("ClientId", BORIS, "lead_received", at),
        ("ClientId", BORIS, "lead_qualified", at),
        ("ClientId", VERA, "lead_received", at),
    }


def run_with_another_at(desk: MetricaDesk, moment: int, minutes: int) -> Interrupter:
    """One run; at the moment the clock moves on and a second run does all it finds to do."""
    store, http = desk.world.store, desk.world.runtime.http

    def other() -> None:
        desk.pass_time(minutes=minutes)
        runtime = desk.world.runtime
        mine = runtime.store, runtime.http
        runtime.store, runtime.http = store, http
        vars(runtime).pop("metrica", None)
        UploadRun(desk.context()).run()
        runtime.store, runtime.http = mine

    interrupter = Interrupter(moment, other)
    with desk.interrupted(interrupter):
        UploadRun(desk.context()).run()
    return interrupter


@pytest.mark.parametrize("minutes", [0, PAST_THE_LEASE])
@pytest.mark.parametrize("moment", EVERY_MOMENT)
def test_nothing_is_sent_twice_and_nothing_is_left(server: MetricaServer, moment: int, minutes: int) -> None:
    desk = MetricaDesk(server)
    expected = plant_cast(desk)

    run_with_another_at(desk, moment, minutes)
    desk.heal()

    counted = desk.counted()
    assert desk.conversions() == expected
    assert counted["resent_rows"] == []
    desk.assert_rows_have_a_place()
    assert set(desk.states()) <= {"terminal", "released"}


def test_every_moment_was_tried(server: MetricaServer) -> None:
    desk = MetricaDesk(server)
    plant_cast(desk)
    interrupter = run_with_another_at(desk, -1, 0)
    assert interrupter.passed <= EVERY_MOMENT.stop


def test_the_lease_keeps_the_second_run_out(desk: MetricaDesk) -> None:
    plant_cast(desk)
    refused: list[LeaseHeld] = []

    def other() -> None:
        with pytest.raises(LeaseHeld) as caught:
            desk.upload()
        refused.append(caught.value)

    with desk.interrupted(Interrupter(20, other)):
        desk.upload()
    assert [held.name for held in refused] == ["upload-conversions"]
