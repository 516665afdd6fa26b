"""Fires schedules that are due: once however many times were missed, never two runs of one function at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from leadloop.ports.clock import Clock
from leadloop.ports.log import Log
from leadloop_host.loopback import Caller, CallFailed
from leadloop_host.schedule_book import ScheduleBook
from leadloop_host.schedules import Schedule
from leadloop_host.triggers import scheduler_headers

STEP_BACK_WAITED_OUT = timedelta(minutes=1)
"""A clock set back by no more than this is waited for; beyond it, schedules start afresh from the new time."""


@dataclass(frozen=True, slots=True)
class NextFiring:
    """When a function fires next (in the past when it is due) and whether an earlier run is under way."""

    function: str
    at: datetime
    running: bool


class Scheduler:
    """Watches the clock for due schedules and POSTs as Cloud Scheduler does: no retry, the next time comes."""

    def __init__(
        self,
        schedules: Mapping[Schedule, float],
        book: ScheduleBook,
        clock: Clock,
        caller: Caller,
        busy: Callable[[str], bool],
        log: Log,
    ) -> None:
        """``schedules`` maps each to its time-out in seconds; ``busy`` tells whether a function is at work."""
        self._schedules = schedules
        self._book = book
        self._clock = clock
        self._caller = caller
        self._busy = busy
        self._log = log
        self._guard = threading.Condition()
        self._running: set[str] = set()
        self._fired: dict[str, datetime] = {}
        self._ended: dict[str, datetime] = {}
        self._next: dict[Schedule, datetime] = {}

    def prepare(self) -> None:
        """Take up the last firing times; a schedule never seen before starts now."""
        now, ended = self._clock.now(), self._book.read()
        for schedule in self._schedules:
            self._ended[schedule.function] = ended.get(schedule.function, now)
            self._anchor(schedule, self._ended[schedule.function])
        self._book.write(self._ended)

    def tick(self) -> None:
        """Start a run of every schedule that is due and not at work."""
        now = self._clock.now()
        for schedule in self._schedules:
            due_at = self._take_due(schedule, now)
            if due_at is not None:
                threading.Thread(target=self._fire, args=(schedule, due_at), daemon=True).start()

    def drain(self, until: float) -> None:
        """Wait for the runs under way, but not beyond ``until`` (monotonic)."""
        with self._guard:
            self._guard.wait_for(lambda: not self._running, until - monotonic())

    def upcoming(self) -> list[NextFiring]:
        """The next firing of every schedule, and whether a run is under way, at one moment."""
        with self._guard:
            return [
                NextFiring(schedule.function, at, schedule.function in self._running)
                for schedule, at in self._next.items()
            ]

    def _take_due(self, schedule: Schedule, now: datetime) -> datetime | None:
        """Mark the schedule as running and return the time it is due for; ``None`` when it is not to be fired."""
        name = schedule.function
        with self._guard:
            if self._fired[name] - now > STEP_BACK_WAITED_OUT:
                self._start_afresh(schedule, now)
            if self._next[schedule] > now or name in self._running or self._busy(name):
                return None
            self._running.add(name)
            due_at = schedule.last_until(now)
            self._anchor(schedule, due_at)
            return due_at

    def _fire(self, schedule: Schedule, due_at: datetime) -> None:
        name, timeout = schedule.function, self._schedules[schedule]
        try:
            status = self._caller.post(name, b"", scheduler_headers(name, due_at), timeout)
            found = "" if 200 <= status < 300 else f"status {status}"
        except CallFailed as error:
            found = str(error)
        if found:
            self._log.warning(
                "scheduled_run_failed", function=name, found=found, next=str(schedule.first_after(due_at))
            )
        with self._guard:
            self._running.discard(name)
            # only now: a run that a crash cut short is made again after the restart
            self._ended[name] = due_at
            self._book.write(self._ended)
            self._guard.notify_all()

    def _start_afresh(self, schedule: Schedule, now: datetime) -> None:
        self._log.warning(
            "clock_set_back",
            function=schedule.function,
            last_fired=str(self._fired[schedule.function]),
            now=str(now),
            what_to_do="check the clock of this machine; schedules go on from the new time",
        )
        self._anchor(schedule, now)

    def _anchor(self, schedule: Schedule, at: datetime) -> None:
        self._fired[schedule.function] = at
        self._next[schedule] = schedule.first_after(at)
