"""A run that ends at any touch of store or network loses nothing and doubles nothing."""

from __future__ import annotations

import pytest

from support.interruptions import Crash, Interrupter
from support.metrica_desk import ANNA, BORIS, VERA, MetricaDesk, MetricaServer, unix
from support.policies import sokol

Row = tuple[str, str, str, int]
SMALL_FILES = {"rows_per_upload": 2}
EVERY_MOMENT = range(0, 140, 2)
"""The even ones stand before a touch; the one after it is the same as before the next. A test tells if they suffice."""


def plant_cast(desk: MetricaDesk) -> set[Row]:
    """Three people, two of them on one deal; returns what Metrica must count in the end."""
    morning = desk.now()
    desk.plant("anna", client_id=ANNA, stages={"qualified": morning, "sold": morning}, price=7_500_000_00)
    desk.plant("boris", client_id=BORIS, stages={"qualified": morning}, deal="555")
    desk.plant("boris-again", client_id=VERA, stages={"qualified": morning}, deal="555")
    desk.pass_time(hours=1)
    at = unix(morning)
    return {
        ("ClientId", ANNA, "lead_received", at),
        ("ClientId", ANNA, "lead_qualified", at),
        ("ClientId", ANNA, "flat_sold", at),
        ("ClientId", BORIS, "lead_received", at),
        ("ClientId", BORIS, "lead_qualified", at),
        ("ClientId", VERA, "lead_received", at),
    }


def assert_nothing_lost_or_doubled(desk: MetricaDesk, expected: set[Row]) -> None:
    counted = desk.counted()
    assert desk.conversions() == expected
    assert counted["resent_rows"] == []
    assert all(group["distinct_datetimes"] == 1 for group in counted["per_target"])
    desk.assert_rows_have_a_place()
    assert set(desk.states()) <= {"terminal", "released"}


@pytest.mark.parametrize("moment", EVERY_MOMENT)
def test_a_run_may_end_at_any_moment(server: MetricaServer, moment: int) -> None:
    desk = MetricaDesk(server, sokol(defaults=SMALL_FILES))
    expected = plant_cast(desk)
    interrupter = Interrupter.crash(moment)
    with desk.interrupted(interrupter):
        try:
            desk.upload()
        except Crash:
            pass
        else:
            assert interrupter.passed <= moment, "the moment was not met"

    desk.heal()

    assert_nothing_lost_or_doubled(desk, expected)


def test_every_moment_of_the_run_was_tried(server: MetricaServer) -> None:
    desk = MetricaDesk(server, sokol(defaults=SMALL_FILES))
    plant_cast(desk)
    interrupter = Interrupter.crash(None)
    with desk.interrupted(interrupter):
        desk.upload()
    assert interrupter.passed <= EVERY_MOMENT.stop
