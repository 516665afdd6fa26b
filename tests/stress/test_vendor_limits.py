"""The CRM counts calls a second and blocks who goes on after 429: leadloop keeps to its pace, and stops in time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from leadloop.adapters.requests_http import RequestsHttp
from stress.crowd import TWO_PIPELINES, move_all, plant_deals, stages_in_the_crm, stages_told, tick_until_quiet
from support.crm_desk import CrmDesk, crm_account
from support.policies import sokol

DEALS = 260
"""Two pages, two calls for their cards and 26 for their histories."""
PACE = sokol("hash").crm.pace or 0.0
LIMIT = {"requests_per_second": 7, "blocked_after": 3}
"""As amoCRM says; how many more calls it takes to be blocked it does not, so there may be next to none."""


class Seconds:
    """Real time on both sides of the wire, for which nobody waits: whoever sleeps moves it."""

    def __init__(self) -> None:
        self._now = 1000.0

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def desk(seconds: Seconds) -> Iterator[CrmDesk]:
    """A desk that is called over HTTP by the transport of production, at the pace of the policy."""
    with crm_account(TWO_PIPELINES, seconds.now) as account, account.desk(sokol("hash")) as desk:
        pace = {"amocrm": PACE}
        with closing(RequestsHttp(pace, clock=desk.clock, monotonic=seconds.now, sleep=seconds.sleep)) as http:
            desk.world.runtime.http = http
            yield desk


@pytest.fixture
def deals(desk: CrmDesk, seconds: Seconds) -> list[int]:
    """Old deals that were all moved a minute ago, and no webhook told."""
    deals = plant_deals(desk, DEALS)
    desk.clock.advance(days=40)
    move_all(desk, deals, "qualified")
    desk.forget_hooks()
    desk.clock.advance(minutes=1)
    seconds.sleep(60)
    return deals


def refused(desk: CrmDesk) -> list[int]:
    """The answers to leadloop that were no answers."""
    return [entry.status for entry in desk.amocrm.journal.entries if entry.status in (403, 429)]


@pytest.mark.usefixtures("deals")
def test_a_pull_keeps_to_the_pace_and_is_never_refused(desk: CrmDesk, seconds: Seconds) -> None:
    desk.settings(**LIMIT)
    began, before = seconds.now(), len(desk.calls())
    assert desk.sync()["read"] == DEALS
    calls = len(desk.calls()) - before
    assert refused(desk) == []
    assert calls > 28
    assert seconds.now() - began >= (calls - 1) / PACE
    assert stages_told(desk) == stages_in_the_crm(desk)


@pytest.mark.usefixtures("deals")
@pytest.mark.parametrize("left", [1, 3, 5])
def test_a_limit_that_others_use_up_ends_the_run_and_blocks_nobody(desk: CrmDesk, left: int) -> None:
    """Another integration leaves us so many calls a second, of seven."""
    desk.settings(**{**LIMIT, "requests_per_second": left})
    desk.sync()
    assert 429 in refused(desk)
    assert len(refused(desk)) <= 2, "who goes on after 429 is blocked"
    assert desk.amocrm.settings["blocked"] is False
    assert desk.world.log.events("ERROR") == ["crm_unreadable"]
    desk.amocrm.faults.clear()
    desk.settings(**LIMIT)
    tick_until_quiet(desk, at_most=3)
    assert stages_told(desk) == stages_in_the_crm(desk)
