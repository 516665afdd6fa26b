"""Clocks that disagree: what happens in the future by somebody's clock waits, and nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from journeys.loop import MORNING, Loop, assert_told, living
from journeys.visitors import ANNA, BORIS, VERA, Visitor
from leadloop.adapters.file_clock import set_file_clock

VISITORS = (ANNA, BORIS, VERA)
APART = timedelta(hours=2)


@contextmanager
def host_apart(folder: Path, by: timedelta) -> Iterator[Loop]:
    """The host's clock stands still, so far from everybody else's."""
    clock = folder / "clock-of-the-host"
    set_file_clock(clock, MORNING + by)
    with living(folder, LEADLOOP_CLOCK_FILE=str(clock)) as loop:
        yield loop


def put_right(loop: Loop) -> None:
    """Somebody sets the host's clock while it runs; later it is started with the others' one."""
    set_file_clock(Path(loop.world.environment["LEADLOOP_CLOCK_FILE"]), loop.now)
    loop.settle()
    loop.restart_host(LEADLOOP_CLOCK_FILE=str(loop.world.clock_file))


def test_to_a_host_that_is_behind_the_crm_a_stage_is_in_the_future_and_waits(tmp_path: Path) -> None:
    with host_apart(tmp_path, -APART) as loop:
        lead_id = loop.send_form(ANNA)
        loop.settle()
        loop.move(loop.deal_of(lead_id), "qualified")
        loop.settle()
        assert loop.run("upload-conversions")["withheld"] == {"held.in_the_future": 1}
        assert loop.counted() == {(ANNA.client_id, "lead_received"): 1}
        put_right(loop)
        loop.pass_time(hours=2)
        assert loop.counted() == {(ANNA.client_id, "lead_received"): 1, (ANNA.client_id, "lead_qualified"): 1}
        [qualified] = [row for row in loop.ledger("metrica")["conversions"] if row["target"] == "lead_qualified"]
        assert qualified["datetime"] == int(MORNING.timestamp())


def test_a_host_that_is_ahead_of_metrica_says_so_and_sends_when_its_clock_is_right(tmp_path: Path) -> None:
    with host_apart(tmp_path, APART) as loop:
        leads = [loop.send_form(visitor) for visitor in VISITORS]
        loop.settle()
        assert loop.run("upload-conversions")["rows"]["refused"] == len(VISITORS)
        assert loop.counted() == {}
        assert_told(loop, "row_refused", "invalid_uploading", "our clock being ahead", "`leadloop upload --refused`")
        tokens = {upload.key.id for upload in loop.documents("upload")}
        assert {line["upload_token"] for line in loop.logged("row_refused")} < tokens
        put_right(loop)
        assert loop.logged("clock_set_back")
        leads.append(loop.send_form(Visitor(3)))
        for _ in range(3):
            loop.pass_time(hours=2)
        assert loop.counted() == Counter((one.client_id, "lead_received") for one in (*VISITORS, Visitor(3)))
        assert {lead_id: len(deals) for lead_id, deals in loop.deals().items()} == dict.fromkeys(leads, 1)
