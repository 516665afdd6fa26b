"""Several upload runs at once, and a run overtaken by the next: each conversion is counted once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from journeys.loop import Loop, wait_until_fired
from journeys.visitors import Visitor

VISITORS = [Visitor(number) for number in range(12)]
UPLOAD = {"method": "POST", "path": "offline_conversions/upload"}
ONCE = Counter((visitor.client_id, "lead_received") for visitor in VISITORS)


@pytest.fixture
def loop_with_leads(loop: Loop) -> Loop:
    for visitor in VISITORS:
        loop.send_form(visitor)
    loop.settle()
    return loop


def assert_counted_once(loop: Loop) -> None:
    assert loop.counted() == ONCE
    metrica = loop.ledger("metrica")
    assert metrica["resent_rows"] == []
    assert metrica["totals"]["rows_received"] == len(VISITORS)


def test_four_runs_and_two_checks_at_once_send_everything_once(loop_with_leads: Loop) -> None:
    loop = loop_with_leads
    loop.order("metrica", "faults", {"fault": "slow", **UPLOAD, "seconds": 1.0})  # so that they really overlap
    with ThreadPoolExecutor(6) as callers:
        runs = list(callers.map(loop.run, ["upload-conversions", "check-uploads"] * 2 + ["upload-conversions"] * 2))
    assert {run["outcome"] for run in runs} <= {"ran", "lease held"}
    assert sum(run.get("rows", {}).get("accepted", 0) for run in runs) == len(VISITORS)
    assert_counted_once(loop)
    for _ in range(2):
        loop.pass_time(hours=2)
    assert_counted_once(loop)
    assert {upload.fields["state"] for upload in loop.documents("upload")} == {"terminal"}


@pytest.mark.parametrize("arrives", ["before", "after"])
def test_a_run_that_outlives_its_lease_is_overtaken_and_still_counted_once(loop_with_leads: Loop, arrives: str) -> None:
    """``before``: the file is not with Metrica yet when the second run looks for it; ``after``: it is."""
    loop = loop_with_leads
    loop.order("metrica", "faults", {"fault": "slow", **UPLOAD, "seconds": 4.0, "when": arrives})
    with ThreadPoolExecutor(2) as callers:
        first = callers.submit(loop.run, "upload-conversions")
        wait_until_fired(loop, "metrica")
        loop.world.set_clock(loop.now.replace(minute=40))  # longer than the lease
        second = callers.submit(loop.run, "upload-conversions").result()
        assert first.result()["outcome"] == second["outcome"] == "ran"
    for _ in range(4):
        loop.pass_time(hours=2)
    assert_counted_once(loop)
    assert {upload.fields["state"] for upload in loop.documents("upload")} == {"terminal"}
