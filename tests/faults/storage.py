"""What outlives a process: documents and messages. A process opens them anew."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from leadloop.adapters.memory_store import MemoryStore
from leadloop.adapters.sqlite_bus import Deliveries, SqliteBus
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.manifest import Manifest
from leadloop.ports.clock import Clock
from leadloop.ports.store import Store
from support.emulators import new_project

DEAD_LETTERS = "dead-letters"
_PATIENT = 60.0
"""Seconds: a busy machine is no failure."""


class Documents(Protocol):
    """Documents that outlive the store objects opened on them."""

    def open(self) -> Store:
        """A store as a process has it that begins now."""
        ...

    def close(self) -> None:
        """Let go of what was opened last: its process is over."""
        ...


class Reopened:
    """Documents that a process opens by making a store object of its own."""

    def __init__(self, make: Callable[[], ClosableStore]) -> None:
        self._make = make
        self._opened: ClosableStore | None = None

    def open(self) -> Store:
        self._opened = self._make()
        return self._opened

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None


class ClosableStore(Store, Protocol):
    """A store that holds a file or a connection."""

    def close(self) -> None:
        """Let go of it."""
        ...


class InMemory:
    """Documents in memory: nothing to reopen. To learn what a play touches, not to prove anything."""

    def __init__(self) -> None:
        self._store = MemoryStore()

    def open(self) -> Store:
        return self._store

    def close(self) -> None:
        """Nothing to let go of."""


@contextmanager
def in_memory(_: Path) -> Iterator[Documents]:
    """Documents in memory."""
    yield InMemory()


@contextmanager
def on_sqlite(folder: Path) -> Iterator[Documents]:
    """Documents in one SQLite file."""
    yield Reopened(lambda: SqliteStore(folder / "documents.db"))


@contextmanager
def on_firestore(_: Path) -> Iterator[Documents]:
    """Documents in a project of their own on the emulator that the environment names."""
    import requests

    from leadloop.adapters.firestore_store import FirestoreStore
    from leadloop.adapters.firestore_wire import EMULATOR

    project = new_project()
    yield Reopened(lambda: FirestoreStore(project, timeout_seconds=_PATIENT))
    # the emulator keeps everything in memory
    whole = f"emulator/v1/projects/{project}/databases/(default)/documents"
    requests.delete(f"http://{os.environ[EMULATOR]}/{whole}", timeout=_PATIENT).raise_for_status()


class Messages:
    """Messages in one SQLite file, as the one-machine host has them.

    ``bus`` is the functions' side and is opened anew by each process that publishes. ``deliveries`` is the host's
    and stays open, for the bus itself does not die here (``tests/journeys/test_loop_survives_kills.py`` does that).
    """

    def __init__(self, folder: Path, manifest: Manifest, clock: Clock) -> None:
        self._path = folder / "messages.db"
        self._topology = manifest.subscriptions()
        self._clock = clock
        self._bus: SqliteBus | None = None
        self.deliveries = Deliveries(self._path, self._topology, DEAD_LETTERS)

    @property
    def bus(self) -> SqliteBus:
        """The bus as the process at hand has it."""
        if self._bus is None:
            self._bus = SqliteBus(self._path, self._topology, self._clock)
        return self._bus

    def forget(self) -> None:
        """The process that had the bus open is over."""
        if self._bus is not None:
            self._bus.close()
            self._bus = None

    def close(self) -> None:
        """Let go of the file."""
        self.forget()
        self.deliveries.close()
