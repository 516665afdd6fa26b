"""One SQLite file, opened so that a commit survives a power loss and processes may share it."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from leadloop.adapters.sqlite_errors import StoreDamaged, StoreReplaced, StoreTooNew, locked, unavailable

_WRITE_LOCKS: dict[str, threading.Lock] = {}
"""One lock per file: threads of one process queue here, fairly, not in SQLite's polling."""

_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    # macOS only: there, a plain fsync leaves the data in the drive's cache (https://sqlite.org/pragma.html)
    "PRAGMA fullfsync = ON",
    "PRAGMA journal_size_limit = 67108864",
)


class SqliteFile:
    """A database file of one kind and schema.

    A connection serves one thread at a time. A writer waits ``busy_seconds`` for its turn, behind other
    threads and other processes. Make the object after forking, never before.
    """

    def __init__(
        self,
        path: Path,
        kind: str,
        schema: int,
        prepare: Callable[[sqlite3.Connection], None],
        busy_seconds: float,
    ) -> None:
        """Open or make the file, see that it is whole, and let ``prepare`` bring its tables up to date.

        Raises ``StoreDamaged``, ``StoreTooNew`` or another ``StoreUnavailable``.
        """
        self.name = path.name
        self._path = path
        self._busy_seconds = busy_seconds
        self._idle: list[sqlite3.Connection] = []
        weakref.finalize(self, _close_all, self._idle)  # Python 3.13 warns of connections that are merely forgotten
        self._write_lock = _WRITE_LOCKS.setdefault(str(path.resolve()), threading.Lock())
        self._make_private()
        self._opened = _identity(path)
        with self.reading() as connection:
            self._use_wal(connection)
            self._check_whole(connection)
        with self.writing() as connection:
            self._check_schema(connection, kind, schema)
            prepare(connection)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for statements that each stand alone. Raises ``StoreUnavailable``."""
        try:
            connection = self._borrow()
            try:
                yield connection
            except sqlite3.Error:
                connection.close()
                raise
            except BaseException:
                self._idle.append(connection)
                raise
            self._idle.append(connection)
        except sqlite3.Error as error:
            raise unavailable(error, self.name, self._busy_seconds) from error

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A connection whose statements all see one state. Raises ``StoreUnavailable``."""
        with self.reading() as connection, _transaction(connection, "BEGIN"):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection holding the write lock; committed durably at the end, rolled back on any error."""
        give_up_at = time.monotonic() + self._busy_seconds
        if not self._write_lock.acquire(timeout=self._busy_seconds):
            raise locked(self.name, self._busy_seconds)
        try:
            with self.reading() as connection:
                _wait_for_others(connection, give_up_at - time.monotonic())
                try:
                    with _transaction(connection, "BEGIN IMMEDIATE"):
                        yield connection
                finally:
                    _wait_for_others(connection, self._busy_seconds)
        finally:
            self._write_lock.release()

    def close(self) -> None:
        """Close the idle connections; the last one of all processes also empties the write-ahead log."""
        _close_all(self._idle)

    def _borrow(self) -> sqlite3.Connection:
        # SQLite writes on into a file that was deleted, and all of it is gone with the last connection
        if self._opened is not None and _identity(self._path) != self._opened:
            raise StoreReplaced(self.name)
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=self._busy_seconds, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        try:
            for pragma in _PRAGMAS:
                connection.execute(pragma)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _make_private(self) -> None:
        """Make the file readable by its owner alone; SQLite gives -wal and -shm the same mode."""
        with suppress(OSError):  # SQLite names the cause better when it opens the file
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))

    def _use_wal(self, connection: sqlite3.Connection) -> None:
        """Turn on the write-ahead log. While another process does the same, SQLite does not wait by itself."""
        give_up_at = time.monotonic() + self._busy_seconds
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                    raise
                time.sleep(0.01)
            else:
                return

    def _check_whole(self, connection: sqlite3.Connection) -> None:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise StoreDamaged(self.name, found)

    def _check_schema(self, connection: sqlite3.Connection, kind: str, schema: int) -> None:
        connection.execute("CREATE TABLE IF NOT EXISTS schema_version (kind TEXT NOT NULL, version INTEGER NOT NULL)")
        row = connection.execute("SELECT kind, version FROM schema_version").fetchone()
        if row is None:
            connection.execute("INSERT INTO schema_version VALUES (?, ?)", (kind, schema))
        elif row[0] != kind:
            raise StoreDamaged(self.name, f"a database of {row[0]} in the place of {kind}")
        elif row[1] > schema:
            raise StoreTooNew(self.name, schema, row[1])


def _close_all(connections: list[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file a path leads to now; ``None`` when to none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _wait_for_others(connection: sqlite3.Connection, seconds: float) -> None:
    """Let SQLite wait so long for the locks of other processes."""
    connection.execute(f"PRAGMA busy_timeout = {max(1, int(seconds * 1000))}")


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
