"""A store that is opened while a publish takes long: importing and connecting its client costs a second.

Whoever publishes and has no store open yet is watched over, and the store is there when the bus fails.
"""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager, nullcontext, suppress

from leadloop.ports.store import Key
from leadloop.runtime import Runtime

OPENED_AFTER = 0.4
"""Seconds a publish may take before the store is opened beside it: a bus that is up has answered by then."""


def opened_beside(runtime: Runtime) -> AbstractContextManager[object]:
    """Open a store that is not open yet if the block takes long."""
    return _OPEN if runtime.is_store_open else _Publish(runtime)


class _Publish:
    """A publish under way, while the block is."""

    __slots__ = ("due", "runtime")

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.due = time.monotonic() + OPENED_AFTER
        """When it takes long."""

    def __enter__(self) -> None:
        _lookout.begin(self)

    def __exit__(self, *_: object) -> None:
        _lookout.end(self)


class _Lookout:
    """Watches over every publish of the process in one thread, which ends when it finds nothing to watch.

    A thread for each publish would cost as much as the rest of the answer.
    """

    def __init__(self) -> None:
        self._underway: set[_Publish] = set()
        self._is_watching = False
        self._lock = threading.Lock()

    def begin(self, publish: _Publish) -> None:
        with self._lock:
            self._underway.add(publish)
            if not self._is_watching:
                threading.Thread(target=self._watch, daemon=True).start()
                self._is_watching = True

    def end(self, publish: _Publish) -> None:
        with self._lock:
            self._underway.discard(publish)

    def _watch(self) -> None:
        wait: float | None = OPENED_AFTER
        while wait is not None:
            time.sleep(wait)
            late, wait = self._look()
            for publish in late:
                # In the cloud a public function may not even read this, and is connected all the same. Whoever needs
                # the store meets what else is wrong again, and says so.
                with suppress(Exception):
                    publish.runtime.store.get_many([Key("spool", "none")])

    def _look(self) -> tuple[list[_Publish], float | None]:
        """The publishes that take long by now, and seconds until the next may; ``None`` when there is none."""
        with self._lock:
            now = time.monotonic()
            late = [publish for publish in self._underway if publish.due <= now]
            self._underway.difference_update(late)
            if self._underway:
                return late, min(publish.due for publish in self._underway) - now
            self._is_watching = False
            return late, None


_OPEN: AbstractContextManager[object] = nullcontext()
_lookout = _Lookout()
