"""A thread that looks at the world every few milliseconds and survives what it sees."""

from __future__ import annotations

import threading
from collections.abc import Callable

from leadloop.ports.log import Log

TICK = 0.05
"""Seconds of real time between two looks; also the longest a published message waits to be seen."""

_AFTER_TROUBLE = 1.0


class Ticking:
    """Calls ``tick`` again and again on a thread of its own until stopped.

    A tick that raises (store locked, disk full, clock file being replaced) is logged once per kind of
    trouble and tried again: the host keeps running.
    """

    def __init__(self, name: str, tick: Callable[[], None], log: Log) -> None:
        self.name = name
        self.trouble: str | None = None
        """What the last tick failed with; ``None`` when it went well."""
        self._tick = tick
        self._log = log
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Look at once."""
        self._woken.set()

    def stop(self) -> None:
        """End after the present tick and wait for it."""
        self._stopping.set()
        self._woken.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            self._look()
            if self.trouble is not None:
                self._stopping.wait(_AFTER_TROUBLE)
            self._woken.wait(TICK)

    def _look(self) -> None:
        try:
            self._tick()
        except Exception as error:  # the thread must outlive any fault of the world it looks at
            found = f"{type(error).__name__}: {error}"
            if found != self.trouble:
                self._log.error(
                    f"{self.name}_stalled",
                    found=found,
                    what_to_do="see the reason; it is tried again every second and nothing is lost meanwhile",
                )
            self.trouble = found
        else:
            if self.trouble is not None:
                self._log.info(f"{self.name}_resumed")
            self.trouble = None
