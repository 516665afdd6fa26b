"""SQLite's failures, in words that say what to do.

StoreUnavailable
├── StoreDamaged   the file is not what was written; only a backup helps
├── StoreReplaced  the file was deleted or exchanged under a process that has it open
└── StoreTooNew    a newer leadloop wrote the file; only a newer leadloop reads it

Texts name a file without its directory.
"""

from __future__ import annotations

import sqlite3

from leadloop.ports.store import StoreUnavailable


class StoreDamaged(StoreUnavailable):
    """The file's content is broken; nothing was written to it."""

    def __init__(self, file_name: str, found: str) -> None:
        super().__init__(
            f"{file_name} is damaged: expected a whole leadloop database, found: {found}; "
            "stop leadloop, keep the file and its -wal aside, restore the latest backup"
        )


class StoreReplaced(StoreUnavailable):
    """The file was deleted or exchanged while it was open; nothing was written to either."""

    def __init__(self, file_name: str) -> None:
        super().__init__(
            f"{file_name} is not the file that was opened: expected the same file throughout, found it deleted or "
            "exchanged; nothing was written; put the right file back, or restore a backup, and start again"
        )


class StoreTooNew(StoreUnavailable):
    """The file was written by a newer version; nothing was written to it."""

    def __init__(self, file_name: str, known: int, found: int) -> None:
        super().__init__(
            f"{file_name} has schema {found}: expected at most {known}; "
            "it was written by a newer leadloop: install that version, or restore a backup made before it"
        )


_READ_ONLY = (
    "cannot be written: expected write permission on the file and its directory; "
    "give it to the user that leadloop runs as, then start again"
)
_FULL = "could not grow: the disk is full; nothing was written; free space, then try again"

_WHAT_TO_DO = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened: expected a file, or a directory to make it in, that leadloop may write; "
        "check the path and its permissions"
    ),
    sqlite3.SQLITE_IOERR: (
        "could not be read or written: the system refused; nothing is known to be written; "
        "check the disk, its free space and the file size limit, then start again"
    ),
}


def unavailable(error: sqlite3.Error, file_name: str, busy_seconds: float) -> StoreUnavailable:
    """The error to raise for what SQLite said."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    name = getattr(error, "sqlite_errorname", "text that is not UTF-8")
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return locked(file_name, busy_seconds)
    if code == sqlite3.SQLITE_CORRUPT or "malformed JSON" in str(error):
        return StoreDamaged(file_name, name)
    if code == sqlite3.SQLITE_NOTADB:
        return StoreDamaged(file_name, "a file that is not an SQLite database")
    advice = _WHAT_TO_DO.get(code, "could not be used; nothing is known to be written; see the SQLite code")
    return StoreUnavailable(f"{file_name} {advice} ({name})")


def locked(file_name: str, busy_seconds: float) -> StoreUnavailable:
    """The error for a lock that was not given up in time."""
    return StoreUnavailable(
        f"{file_name} is locked: expected the lock within {busy_seconds:g} s, found it held throughout; "
        "nothing was written; end what holds it (a backup, an open shell), or try again"
    )
