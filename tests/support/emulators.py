"""Google's emulators for tests: one of each in a test run, shared by its pytest workers.

    store = FirestoreStore(new_project(), ...)       # with FIRESTORE_EMULATOR_HOST = firestore_emulator()

The first worker that asks starts a keeper (``emulator_keeper.py``) apart from itself. Each worker holds a shared lock
for as long as it lives; the keeper waits for the exclusive one, so it ends the emulator after the last worker has
gone, however it went: the kernel lets go of the locks of the dead.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from leadloop_host.emulators import EmulatorMissing
from support import emulator_keeper

_KEEPER = Path(emulator_keeper.__file__)
_held: list[int] = []
"""Descriptors of the locks of this worker, let go when it ends."""


def firestore_emulator() -> str:
    """Its ``host:port``. Skips the test where it is not installed; with CI=true that is a failure."""
    return _address_or_skip("firestore")


def pubsub_emulator() -> str:
    """Its ``host:port``. Skips the test where it is not installed; with CI=true that is a failure."""
    return _address_or_skip("pubsub")


def new_project() -> str:
    """A project nobody has used: the emulators take any, and share nothing between two."""
    return f"demo-{uuid.uuid4().hex[:12]}"


def _address_or_skip(which: str) -> str:
    found = _address(which)
    if isinstance(found, str):
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(str(found))
    pytest.skip(str(found))


@cache
def _address(which: str) -> str | EmulatorMissing:
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
    folder = Path(tempfile.gettempdir()) / f"leadloop-{which}-emulator-{run}"
    _held.append(_held_while_alive(folder))
    with _one_at_a_time(folder):
        known = folder / emulator_keeper.ADDRESS
        if not known.exists():
            said = _start_keeper(which, folder)
            if said.startswith(emulator_keeper.MISSING):
                return EmulatorMissing(said.removeprefix(emulator_keeper.MISSING).strip())
            assert said.startswith("127.0.0.1:"), f"the keeper of the {which} emulator said {said!r}"
            known.write_text(said)
        return known.read_text()


def _held_while_alive(folder: Path) -> int:
    """The shared lock on the folder that the keeper of the emulator has not taken away meanwhile."""
    while True:
        folder.mkdir(mode=0o700, exist_ok=True)
        try:
            lock = os.open(folder / emulator_keeper.IN_USE, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            continue
        fcntl.flock(lock, fcntl.LOCK_SH)
        if os.fstat(lock).st_nlink:
            return lock
        os.close(lock)


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    with (folder / "starting").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start_keeper(which: str, folder: Path) -> str:
    """What it says first: an address, or why there is none. It goes on by itself, out of reach of Ctrl-C."""
    with (folder / "keeper.log").open("a") as log:
        keeper = subprocess.Popen(
            [sys.executable, str(_KEEPER), which, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    assert keeper.stdout is not None
    with keeper.stdout:
        said = keeper.stdout.readline().strip()
    keeper.returncode = 0  # it outlives this process on purpose; Popen would warn that it still runs
    return said or (folder / "keeper.log").read_text()[-2000:]
