"""Thousands of deals are moved at once: all are read within a few ticks, by calls that go with batches, not hooks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from leadloop.leases import lease
from stress.crowd import calls_since, move_all, plant_deals, stages_in_the_crm, stages_told, tick_until_quiet
from support.crm_desk import CrmDesk
from support.interruptions import Crash, InterruptedHttp, Interrupter

A_CALL, HISTORIES_A_CALL, A_PAGE = 200, 10, 250
EMPTY_TICK = 2
"""Calls of a tick that finds nothing: one for each feed."""


def calls_for(deals: int, ticks: int) -> int:
    """Calls that reading so many deals once may cost: their list, their cards, their histories, and each tick's own."""
    listed = 2 * -(-deals // A_PAGE) * ticks  # there and back, as all changed in one second; each overlaps the last
    cards, histories = -(-deals // A_CALL), -(-deals // HISTORIES_A_CALL)
    rounding = 4 * ticks  # a batch that is not full, where what is read at once ends and marks begin
    return listed + cards + histories + (EMPTY_TICK + rounding) * ticks


@pytest.fixture
def moved(desk: CrmDesk) -> Callable[[int], list[int]]:
    """So many old deals, all moved by somebody in one second."""

    def arrange(number: int) -> list[int]:
        deals = plant_deals(desk, number)
        desk.clock.advance(days=40)
        move_all(desk, deals, "qualified")
        return deals

    return arrange


def test_five_thousand_deals_without_a_webhook(desk: CrmDesk, moved: Callable[[int], list[int]]) -> None:
    number = len(moved(5_000))
    desk.forget_hooks()
    before, usage = len(desk.calls()), desk.world.store.usage
    writes, reads = usage.writes, usage.reads
    ticks = tick_until_quiet(desk, at_most=4)
    assert sum(tick["read"] for tick in ticks) == number
    assert len(ticks) == 3, "4,000 by the first, the rest by the second, and nothing is left for the third"
    assert calls_since(desk, before).total() <= calls_for(number, len(ticks))
    assert stages_told(desk) == stages_in_the_crm(desk)
    assert desk.world.totals("stages.qualified") == number
    a_lead_its_reference_and_the_total, a_mark_written_and_removed = 3, 2
    assert usage.writes - writes <= number * (a_lead_its_reference_and_the_total + a_mark_written_and_removed)
    assert usage.reads - reads <= 10 * number
    assert desk.world.log.events("ERROR") == []


class TestHooks:
    NUMBER = 200

    def test_that_come_while_the_reader_is_at_work_cost_batches(
        self, desk: CrmDesk, moved: Callable[[int], list[int]]
    ) -> None:
        """A bulk edit posts them faster than any deal can be read."""
        moved(self.NUMBER)
        before = len(desk.calls())
        with lease(desk.world.store, desk.world.clock, "reader-amocrm", "another reader", 600):
            hooks = desk.carry_hooks()
            assert calls_since(desk, before).total() == 0
            assert len(desk.marks()) == self.NUMBER
        assert len(hooks) == 2 * self.NUMBER, "of each deal amoCRM tells twice: its status, and the update"
        ticks = tick_until_quiet(desk, at_most=2)
        assert calls_since(desk, before).total() <= 2 * calls_for(self.NUMBER, len(ticks))
        assert stages_told(desk) == stages_in_the_crm(desk)
        assert len(desk.world.documents("outcome")) == len(hooks), "each webhook has come to an end"

    @pytest.mark.parametrize("lost", [0, 2], ids=["all", "half"])
    def test_that_come_one_by_one_leave_nothing_to_the_pull_but_what_was_lost(
        self, desk: CrmDesk, moved: Callable[[int], list[int]], lost: int
    ) -> None:
        desk.amocrm.subscriptions.by_destination["https://leadloop.example/hook"].settings = ["status_lead"]
        moved(self.NUMBER)
        before = len(desk.calls())
        for number, hook in enumerate(desk.amocrm.deliveries.all):
            if not (lost and number % lost):
                desk.hook(hook.body)
                desk.settle()
        desk.forget_hooks()
        heard = self.NUMBER // (lost or 1)
        assert calls_since(desk, before) == {"leads": heard, "events": heard}
        ticks = tick_until_quiet(desk, at_most=2)
        assert calls_since(desk, before).total() <= 2 * heard + calls_for(self.NUMBER, len(ticks))
        assert stages_told(desk) == stages_in_the_crm(desk)


@pytest.mark.parametrize("cut_at", [8, 40, 65])
def test_a_run_that_is_cut_short_is_gone_on_with(desk: CrmDesk, moved: Callable[[int], list[int]], cut_at: int) -> None:
    """The function's time is up in the middle of a call; what was read is not read again, but for one batch."""
    number = len(moved(600))
    desk.forget_hooks()
    runtime, before = desk.world.runtime, len(desk.calls())
    http = runtime.http
    runtime.http = InterruptedHttp(http, Interrupter.crash(2 * cut_at))
    with pytest.raises(Crash):
        desk.sync()
    runtime.http = http
    assert len(desk.calls()) - before == cut_at
    ticks = tick_until_quiet(desk, at_most=3)
    batch_read_again, marked_again = 1 + A_CALL // HISTORIES_A_CALL, 2 * (1 + A_PAGE // HISTORIES_A_CALL)
    allowed = calls_for(number, len(ticks) + 1) + batch_read_again + marked_again
    assert len(desk.calls()) - before <= allowed
    assert stages_told(desk) == stages_in_the_crm(desk)
