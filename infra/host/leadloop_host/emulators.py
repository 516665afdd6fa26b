"""Google's Firestore and Pub/Sub emulators, each a java process on a free port of 127.0.0.1.

    with firestore_emulator(logs) as address, pubsub_emulator(logs) as bus_address: ...

They keep everything in memory and take any project id, so a new project id is a clean one. They are started
directly, not through gcloud: a gcloud that is ended leaves its java behind.
"""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from leadloop_host.cloud_sdk import EmulatorMissing, find_jar, find_java

__all__ = ["EmulatorDidNotStart", "EmulatorMissing", "firestore_emulator", "pubsub_emulator"]

READY_WITHIN = 60.0
"""Seconds; one to two on an idle machine."""

_ENDED_WITHIN = 5.0
_ATTEMPTS = 3
"""Another process may take the free port before java does."""

_SMALL = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Duser.language=en")


class EmulatorDidNotStart(Exception):
    """An emulator is installed, but ended or stayed silent; its own words are in the message."""


@dataclass(frozen=True)
class _Emulator:
    name: str
    jar: str
    """Below the SDK's folder ``platform``; the version is part of some names."""
    heap: str
    """Without a limit java takes a quarter of the machine's memory."""
    main_class: str | None = None
    """For a jar whose manifest names another one."""

    def command(self, port: int) -> list[str]:
        """Raises ``EmulatorMissing``."""
        java, jar = find_java(), str(find_jar(self.jar))
        entry = ("-cp", jar, self.main_class) if self.main_class else ("-jar", jar)
        return [java, self.heap, *_SMALL, *entry, "--host=127.0.0.1", f"--port={port}"]


_FIRESTORE = _Emulator(
    "firestore-emulator",
    "cloud-firestore-emulator/cloud-firestore-emulator.jar",
    "-Xmx512m",
    "com.google.cloud.datastore.emulator.firestore.CloudFirestore",
)
_PUBSUB = _Emulator("pubsub-emulator", "pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar", "-Xmx256m")


@contextmanager
def firestore_emulator(log_folder: Path) -> Iterator[str]:
    """The address (``127.0.0.1:port``, as in FIRESTORE_EMULATOR_HOST) of an emulator that answers; ended on leaving.

    What it says is in ``log_folder/firestore-emulator.log``. Raises ``EmulatorMissing`` when it or java is not
    installed, ``EmulatorDidNotStart``. Its WebSocket port is a free one of 127.0.0.1 that it chooses itself.
    """
    with _running(_FIRESTORE, log_folder) as address:
        yield address


@contextmanager
def pubsub_emulator(log_folder: Path) -> Iterator[str]:
    """The same of the Pub/Sub emulator, as in PUBSUB_EMULATOR_HOST; it logs to ``pubsub-emulator.log``."""
    with _running(_PUBSUB, log_folder) as address:
        yield address


@contextmanager
def _running(emulator: _Emulator, log_folder: Path) -> Iterator[str]:
    process, port = _start(emulator, log_folder / f"{emulator.name}.log")
    try:
        yield f"127.0.0.1:{port}"
    finally:
        _end(process)


def _start(emulator: _Emulator, log: Path) -> tuple[subprocess.Popen[bytes], int]:
    for _ in range(_ATTEMPTS):
        port = _free_port()
        process = _spawn(emulator.command(port), log)
        try:
            ready = _wait_until_ready(process, port)
        except BaseException:
            _end(process)
            raise
        if ready:
            return process, port
        _end(process)
    words = log.read_text(encoding="utf-8", errors="replace").strip()
    raise EmulatorDidNotStart(
        f"{emulator.name}: expected an answer within {READY_WITHIN:.0f} s, got none in {_ATTEMPTS} attempts; "
        f"it said: {words[-1500:] or 'nothing'}"
    )


def _spawn(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as words:
        return subprocess.Popen(  # noqa: S603 - Google's own jar, by the java that was found
            command, stdin=subprocess.DEVNULL, stdout=words, stderr=subprocess.STDOUT
        )


def _wait_until_ready(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether it answers; ``False`` as soon as it has ended, or when the deadline passes."""
    deadline = time.monotonic() + READY_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        if _answers(port):
            return process.poll() is None
        time.sleep(0.05)
    return False


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_ENDED_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
