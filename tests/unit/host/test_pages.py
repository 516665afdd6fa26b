"""What the host tells of itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from leadloop.manifest import Function
from leadloop_host.index_page import index_page
from leadloop_host.scheduler import NextFiring
from leadloop_host.state import HostState
from support.settable_clock import MORNING

AT_REST = HostState(
    clock=MORNING,
    schedules=(NextFiring("run-round", MORNING + timedelta(hours=1), running=False),),
    running=0,
    pending=3,
    leased=0,
    due_now=0,
    oldest_due=MORNING + timedelta(seconds=30),
    dead=0,
)


def test_it_is_quiet_when_only_the_clock_can_start_anything() -> None:
    assert AT_REST.quiet
    assert AT_REST.as_json()["quiet"] is True


@pytest.mark.parametrize(
    "at_work",
    [
        replace(AT_REST, due_now=1),
        replace(AT_REST, leased=1),
        replace(AT_REST, running=1),
        replace(AT_REST, schedules=(NextFiring("run-round", MORNING, running=False),)),
        replace(AT_REST, schedules=(NextFiring("run-round", MORNING + timedelta(hours=1), running=True),)),
    ],
    ids=["message due", "message leased", "call under way", "schedule due", "run under way"],
)
def test_it_is_not_quiet_while_anything_is_due_or_under_way(at_work: HostState) -> None:
    assert not at_work.quiet


def test_the_page_names_everything_and_escapes_it() -> None:
    functions = {"run-round": Function(schedule="0 * * * *"), "<b>bold</b>": Function(topic="<leads>")}
    page = index_page(functions, replace(AT_REST, dead=41), {"run-round": "2026-09-01T10:10:00.000000Z"})
    assert "<b>" not in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert "messages on &lt;leads&gt;" in page
    assert "2026-09-01 10:00:00+00:00" in page
    assert "2026-09-01T10:10:00.000000Z" in page
    assert "<td>41</td>" in page
