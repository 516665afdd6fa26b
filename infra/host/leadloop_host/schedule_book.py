"""When each schedule fired last, kept over restarts."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

from leadloop import timestamps
from leadloop.ports.log import Log


class ScheduleBook:
    """A small file of last firing times. Losing it costs at most what was missed while the host was down."""

    def __init__(self, path: Path, log: Log) -> None:
        self._path = path
        self._log = log

    def read(self) -> dict[str, datetime]:
        """Function → the schedule time it was last fired for. An unreadable file reads as empty, with a warning."""
        try:
            entries = json.loads(self._path.read_text(encoding="utf-8"))
            return {str(name): timestamps.from_text(text) for name, text in entries.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            self._log.warning(
                "schedule_book_unreadable",
                file=self._path.name,
                found=type(error).__name__,
                what_to_do="nothing: schedules go on from now",
            )
            return {}

    def write(self, fired: dict[str, datetime]) -> None:
        """Replace the file whole, or leave it as it was with a warning (a full disk must not stop schedules)."""
        text = json.dumps({name: timestamps.to_text(at) for name, at in fired.items()}, indent=1)
        draft = self._path.with_suffix(".new")
        try:
            with draft.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
        except OSError as error:
            self._log.warning(
                "schedule_book_not_written",
                file=self._path.name,
                found=error.strerror or type(error).__name__,
                what_to_do="free space on the disk; after a restart some schedules may fire once more",
            )
