"""One host per data directory, ensured by the operating system."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

from leadloop.json_types import JsonObject
from leadloop_host.faults import StartRefused

_FILE = "host.lock"


class DirectoryLock:
    """An exclusive lock on a data directory, held while this object is open.

    The kernel drops it with the process, ``kill -9`` included, so it can never be left behind.
    The file names the holder (pid, port) for people and tests; only the lock itself counts.
    """

    def __init__(self, directory: Path) -> None:
        """Take the lock. Raises ``StartRefused`` when another host holds it or the directory is unwritable."""
        self.path = directory / _FILE
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StartRefused(
                f"the data directory {directory} cannot be written: {error.strerror}; "
                "choose another with --data DIR or change its owner"
            ) from None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._descriptor)
            raise StartRefused(
                f"another host ({_holder(self.path)}) already serves {directory}; "
                "stop it, or choose another directory with --data DIR"
            ) from None

    def announce(self, ports: dict[str, int]) -> None:
        """Write who holds the lock and where it listens."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps({"pid": os.getpid(), **ports}).encode(), 0)

    def release(self) -> None:
        """Let another host take the directory."""
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def holder(directory: Path) -> int | None:
    """The pid of the host that last announced itself in a directory; ``None`` when none did, or it let go."""
    found = _announced(directory / _FILE).get("pid")
    return found if isinstance(found, int) else None


def _holder(path: Path) -> str:
    found = _announced(path)
    return f"pid {found['pid']}, port {found['port']}" if {"pid", "port"} <= found.keys() else "still starting"


def _announced(path: Path) -> JsonObject:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
