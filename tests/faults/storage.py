"""What outlives a process: documents and messages. A process opens them anew."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from leadloop.adapters.memory_store import MemoryStore
from leadloop.adapters.sqlite_bus import Deliveries, SqliteBus
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.manifest import Manifest
from leadloop.ports.clock import Clock
from leadloop.ports.store import Store

DEAD_LETTERS = "dead-letters"


class Documents(Protocol):
    """Documents that outlive the store objects opened on them."""

    def open(self) -> Store:
        """A store as a process has it that begins now."""
        ...

    def close(self) -> None:
        """Let go of what was opened last: its process is over."""
        ...


class SqliteDocuments:
    """Documents in one SQLite file."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "documents.db"
        self._opened: SqliteStore | None = None

    def open(self) -> Store:
        self._opened = SqliteStore(self._path)
        return self._opened

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()


class MemoryDocuments:
    """Documents in memory: nothing to reopen, but quick. To learn what a play touches, not to prove anything."""

    def __init__(self) -> None:
        self._store = MemoryStore()

    def open(self) -> Store:
        return self._store

    def close(self) -> None:
        """Nothing to let go of."""


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
