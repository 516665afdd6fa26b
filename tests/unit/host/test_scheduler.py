"""Schedules on a clock that is moved by hand."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import pytest

from leadloop.adapters.memory_log import MemoryLog
from leadloop_host.loopback import CallFailed, Loopback
from leadloop_host.schedule_book import ScheduleBook
from leadloop_host.scheduler import Scheduler
from leadloop_host.schedules import Schedule
from support.settable_clock import SettableClock
from unit.host.host_driver import wait_until

HOURLY, DAILY = Schedule("run-round", "0 * * * *"), Schedule("run-night", "30 3 * * *")


def at(hour: int, minute: int = 0, day: int = 1) -> datetime:
    return datetime(2026, 9, day, hour, minute, tzinfo=UTC)


class Runs(Loopback):
    """The scheduled functions of this test."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[tuple[str, str]] = []
        self.ended = 0
        self.gate = threading.Event()
        self.gate.set()
        self.answer: int | Exception = 200

    def post(self, function: str, body: bytes, headers: Mapping[str, str], timeout: float) -> int:
        self.begun.append((function, headers["X-CloudScheduler-ScheduleTime"]))
        self.gate.wait(120)
        self.ended += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Scene:
    def __init__(self, folder: Path, now: datetime) -> None:
        self.clock, self.log, self.runs = SettableClock(now), MemoryLog(), Runs()
        self.busy: set[str] = set()
        self.folder = folder
        self.restart()

    def restart(self) -> None:
        book = ScheduleBook(self.folder / "schedules.json", self.log)
        self.scheduler = Scheduler(
            {HOURLY: 60, DAILY: 60}, book, self.clock, self.runs, lambda name: name in self.busy, self.log
        )
        self.scheduler.prepare()

    def tick(self, now: datetime | None = None) -> list[tuple[str, str]]:
        """Move the clock, look once, let the runs end; every run so far."""
        if now is not None:
            self.clock.set(now)
        self.scheduler.tick()
        self.scheduler.drain(monotonic() + 120)
        return self.runs.begun

    def next_of(self, function: str) -> datetime:
        return {firing.function: firing.at for firing in self.scheduler.upcoming()}[function]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path, at(9, 10))


def test_it_fires_when_due_and_not_before(scene: Scene) -> None:
    assert scene.tick() == []
    assert scene.tick(at(9, 59)) == []
    assert scene.tick(at(10)) == [("run-round", "2026-09-01T10:00:00Z")]
    assert scene.tick(at(10)) == [("run-round", "2026-09-01T10:00:00Z")]
    assert scene.next_of("run-round") == at(11)


def test_a_jump_over_many_times_fires_once_for_the_last(scene: Scene) -> None:
    runs = scene.tick(at(4, 0, day=7))
    assert sorted(runs) == [("run-night", "2026-09-07T03:30:00Z"), ("run-round", "2026-09-07T04:00:00Z")]
    assert len(scene.tick()) == 2


def test_what_was_missed_while_down_fires_once_at_start(scene: Scene) -> None:
    scene.tick(at(10))
    scene.clock.set(at(15, 20))
    scene.restart()
    assert scene.tick() == [("run-round", "2026-09-01T10:00:00Z"), ("run-round", "2026-09-01T15:00:00Z")]
    scene.restart()
    assert len(scene.tick()) == 2


def test_the_first_start_fires_nothing(scene: Scene) -> None:
    scene.restart()
    assert scene.tick() == []


def test_a_run_cut_short_by_a_crash_is_made_again(scene: Scene) -> None:
    scene.runs.gate.clear()
    scene.clock.set(at(10))
    scene.scheduler.tick()
    wait_until(lambda: len(scene.runs.begun) == 1, "the run has begun")
    scene.restart()  # as after kill -9: the run never reported back to this scheduler
    scene.runs.gate.set()
    assert scene.tick() == [("run-round", "2026-09-01T10:00:00Z")] * 2


def test_a_run_never_overlaps_the_one_before(scene: Scene) -> None:
    scene.runs.gate.clear()
    scene.clock.set(at(10))
    scene.scheduler.tick()
    wait_until(lambda: len(scene.runs.begun) == 1, "the run has begun")
    scene.clock.set(at(12))
    scene.scheduler.tick()
    assert next((firing.at, firing.running) for firing in scene.scheduler.upcoming()) == (at(11), True)
    scene.runs.gate.set()
    scene.scheduler.drain(monotonic() + 120)
    assert scene.tick() == [("run-round", "2026-09-01T10:00:00Z"), ("run-round", "2026-09-01T12:00:00Z")]


def test_a_function_at_work_for_somebody_else_is_waited_for(scene: Scene) -> None:
    scene.busy.add("run-round")
    assert scene.tick(at(10)) == []
    scene.busy.clear()
    assert len(scene.tick()) == 1


@pytest.mark.parametrize("answer", [500, 302, CallFailed("no answer within 60 s")])
def test_a_failed_run_is_not_retried_but_the_next_time_comes(scene: Scene, answer: int | Exception) -> None:
    scene.runs.answer = answer
    assert len(scene.tick(at(10))) == 1
    assert len(scene.tick(at(10, 59))) == 1
    assert scene.log.events("WARNING") == ["scheduled_run_failed"]
    assert len(scene.tick(at(11))) == 2


def test_a_clock_set_back_far_starts_afresh_with_a_warning(scene: Scene) -> None:
    scene.tick(at(10, day=20))
    scene.runs.begun.clear()
    assert scene.tick(at(9, 30)) == []
    assert "clock_set_back" in scene.log.events("WARNING")
    assert scene.next_of("run-round") == at(10)
    assert scene.tick(at(10)) == [("run-round", "2026-09-01T10:00:00Z")]


def test_a_clock_set_back_a_little_fires_nothing_twice(scene: Scene) -> None:
    scene.tick(at(10))
    assert len(scene.tick(at(9, 59))) == 1
    assert len(scene.tick(at(10))) == 1
    assert "clock_set_back" not in scene.log.events()


def test_an_unreadable_book_starts_afresh_and_says_so(scene: Scene) -> None:
    (scene.folder / "schedules.json").write_text("{ torn")
    scene.restart()
    assert scene.tick() == []
    assert "schedule_book_unreadable" in scene.log.events("WARNING")


def test_a_book_that_cannot_be_written_stops_no_schedule(scene: Scene) -> None:
    (scene.folder / "schedules.new").mkdir()
    assert len(scene.tick(at(10))) == 1
    assert len(scene.tick(at(11))) == 2
    assert "schedule_book_not_written" in scene.log.events("WARNING")
