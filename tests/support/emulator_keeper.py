"""Keeps one emulator running until nobody uses it: ``emulator_keeper.py (firestore|pubsub) FOLDER``.

Says its address on the first line. Whoever uses it holds a shared lock on ``FOLDER/in-use``; when the last has let
go, the emulator is ended and the folder removed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from pathlib import Path

from leadloop_host.emulators import EmulatorMissing, firestore_emulator, pubsub_emulator

IN_USE, ADDRESS = "in-use", "address"
MISSING = "missing:"


def keep(which: str, folder: Path) -> int:
    """Start the emulator, say where it is, and end it when it is free."""
    with (folder / IN_USE).open("a") as lock:
        try:
            with {"firestore": firestore_emulator, "pubsub": pubsub_emulator}[which](folder) as address:
                _say(address)
                fcntl.flock(lock, fcntl.LOCK_EX)
                (folder / ADDRESS).unlink(missing_ok=True)
        except EmulatorMissing as missing:
            _say(f"{MISSING} {missing}")
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the one who listened hangs up now


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1], Path(sys.argv[2])))
