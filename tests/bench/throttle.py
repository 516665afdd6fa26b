"""A share of a processor, as a container is given one: so much of every tenth of a second, then it stands still.

By the kernel's own quota where a control group can be made; else its session is stopped and continued by the clock.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

PERIOD = 0.1
"""Seconds; what Linux takes unless told otherwise: https://docs.kernel.org/scheduler/sched-bwc.html"""

_SECOND_VERSION = Path("/sys/fs/cgroup")
_FIRST_VERSION = Path("/sys/fs/cgroup/cpu")


class Throttle(Protocol):
    """Holds one process, and what that starts, to a share."""

    name: str
    """By which means."""

    def wrapped(self, command: list[str]) -> list[str]:
        """The command that begins under the throttle and becomes the given one."""
        ...

    def begin(self, session: int) -> None:
        """The process runs, as the leader of a session of its own."""
        ...


class _Quota:
    """The kernel's quota, in a control group that the process enters before it becomes what it is to be."""

    def __init__(self, group: Path) -> None:
        self.name = "the kernel's quota"
        self._group = group

    def wrapped(self, command: list[str]) -> list[str]:
        """See ``Throttle``."""
        enter = f'echo $$ > {self._group / "cgroup.procs"} && exec "$@"'
        return ["/bin/sh", "-c", enter, "throttle", *command]

    def begin(self, session: int) -> None:
        """See ``Throttle``."""


class _DutyCycle:
    """Signals: the session runs for its share of each period, and is stopped for the rest."""

    def __init__(self, share: float) -> None:
        self.name = "stop and continue"
        self._share = share
        self._over = threading.Event()
        self._turning: threading.Thread | None = None

    def wrapped(self, command: list[str]) -> list[str]:
        """See ``Throttle``."""
        return command

    def begin(self, session: int) -> None:
        """See ``Throttle``."""
        if self._share < 1:
            self._turning = threading.Thread(target=self._turn, args=(session,), daemon=True)
            self._turning.start()

    def end(self) -> None:
        """Let it run freely again."""
        self._over.set()
        if self._turning is not None:
            self._turning.join()

    def _turn(self, session: int) -> None:
        with suppress(ProcessLookupError):
            while not self._over.wait(PERIOD * self._share):
                os.killpg(session, signal.SIGSTOP)
                self._over.wait(PERIOD * (1 - self._share))
                os.killpg(session, signal.SIGCONT)


@contextmanager
def throttled(share: float) -> Iterator[Throttle]:
    """A throttle for one process; it must have ended with the block."""
    group = _group_with(share)
    if group is not None:
        try:
            yield _Quota(group)
        finally:
            _remove(group)
        return
    cycle = _DutyCycle(share)
    try:
        yield cycle
    finally:
        cycle.end()


def _group_with(share: float) -> Path | None:
    """A control group of our own, by the second version of the kernel's interface or the first; ``None``: no right."""
    period, quota = int(PERIOD * 1e6), int(PERIOD * 1e6 * share)
    # The largest weight there is, so that of what it may have its neighbours on the machine take nothing.
    second = {"cpu.max": f"{quota} {period}", "cpu.weight": "10000"}
    first = {"cpu.cfs_period_us": str(period), "cpu.cfs_quota_us": str(quota), "cpu.shares": "262144"}
    for parent, settings in ((_SECOND_VERSION, second), (_FIRST_VERSION, first)):
        group = parent / f"leadloop-bench-{os.getpid()}"
        with suppress(OSError):
            group.mkdir()
            try:
                for name, value in settings.items():
                    # Only the kernel's own files are opened: elsewhere one would be made, and do nothing.
                    with (group / name).open("r+") as setting:
                        setting.write(value)
            except OSError:
                _remove(group)
                raise
            return group
    return None


def _remove(group: Path) -> None:
    """Take the group away; the kernel lets it go a moment after its last process."""
    ends = time.monotonic() + 5
    while time.monotonic() < ends:
        try:
            group.rmdir()
        except OSError:
            time.sleep(0.02)
        else:
            return
