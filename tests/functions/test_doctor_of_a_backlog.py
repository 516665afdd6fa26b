"""``leadloop doctor`` of what is marked to be read and is not: a reader that fails quietly is told of."""

from __future__ import annotations

from leadloop.doctor.backlog import backlog_checks
from leadloop.doctor.check import State
from support.crm_desk import CrmDesk, crm_desk
from support.policies import sokol


def found(desk: CrmDesk) -> list[tuple[State, str, bool]]:
    return [(one.state, one.found, bool(one.what_to_do)) for one in backlog_checks(desk.world.runtime)]


def test_what_no_pull_could_read_for_long_is_told() -> None:
    nothing = [(State.GOOD, "nothing of amocrm waits to be read for long", False)]
    with crm_desk(sokol("hash")) as desk:
        assert found(desk) == nothing
        desk.break_next("status", status=401, times=None)
        desk.deal()
        desk.carry_hooks()
        desk.clock.advance(minutes=29)
        assert found(desk) == nothing
        desk.clock.advance(minutes=2)
        desk.sync()
        told = "marked to be read for more than 30m and not read: 1 record of amocrm"
        assert found(desk) == [(State.WARNING, told, True)]
        desk.amocrm.faults.clear()
        desk.sync()
        assert found(desk) == nothing
