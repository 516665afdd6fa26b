"""Time from a file, so that several processes live through simulated weeks together."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from leadloop import timestamps

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ClockUnreadable(Exception):
    """The clock file gives no instant, so nothing that depends on the time can be done."""

    def __init__(self, file_name: str, found: str) -> None:
        super().__init__(
            f"clock file {file_name} cannot be read: expected one instant like 2026-09-01T09:00:00Z, found {found}; "
            "write one into it, or unset LEADLOOP_CLOCK_FILE to use the real time"
        )


class FileClock:
    """A ``Clock`` that stands where the file ``path`` says, until the file changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: tuple[tuple[int, int], datetime] | None = None

    def now(self) -> datetime:
        """See ``Clock``. Raises ``ClockUnreadable``."""
        try:
            stat = self._path.stat()
            mark = (stat.st_mtime_ns, stat.st_size)
            known = self._known
            if known is None or known[0] != mark:
                # marked before reading: a write in between is noticed at the next call
                known = self._known = (mark, _read(self._path))
        except OSError as error:
            raise ClockUnreadable(self._path.name, error.strerror or "an unreadable file") from None
        return known[1]


def set_file_clock(path: Path, instant: datetime) -> None:
    """Move the clock; readers see the old instant or the new one, whole. Raises ``ValueError`` on a naive instant.

    The file's own time is set to the instant, so that two moves within one tick of the file system
    still differ for readers.
    """
    text = timestamps.to_text(instant)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write(text + "\n")
    mark = (instant - _EPOCH) // timedelta(microseconds=1) * 1000
    os.utime(name, ns=(mark, mark))
    os.replace(name, path)


def _read(path: Path) -> datetime:
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    try:
        return timestamps.from_text(text)
    except ValueError:
        raise ClockUnreadable(path.name, ascii(text[:40]) if text else "nothing") from None
