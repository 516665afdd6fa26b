"""Processes that a measurement starts, and what they cost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple

from bench.throttle import Throttle

STARTS_WITHIN = 60.0
SERVED = {200, 204}
"""What a function answers that did what it is for."""


class Cost(NamedTuple):
    """What a process and its children have taken since it was spawned."""

    wall: float
    cpu: float


class NotServed(Exception):
    """A server ended, or did not answer, before its first good answer."""


def environment(**changes: str) -> dict[str, str]:
    """What a process needs to run, none of our settings, and the same hash seed for all."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "SSL_CERT_FILE"}}
    return {**kept, "PYTHONHASHSEED": "0", "GRPC_VERBOSITY": "NONE", **changes}


def run_python(code: str, around: Mapping[str, str], *arguments: str) -> Cost:
    """Run a program in a fresh interpreter. Raises ``NotServed`` with what it said when it fails."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], env=dict(around), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise NotServed(said.decode(errors="replace")[-2000:])
    return Cost(time.perf_counter() - begun, usage.ru_utime + usage.ru_stime)


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """functions-framework serving one function, as a container does: gunicorn, one worker."""

    def __init__(self, target: str, source: Path, around: Mapping[str, str], throttle: Throttle | None = None) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "functions_framework", "--target", target, "--source", str(source)]
        command += ["--host", "127.0.0.1", "--port", str(self.port)]
        self.begun = time.perf_counter()
        self._process = subprocess.Popen(
            throttle.wrapped(command) if throttle else command,
            env=dict(around),
            cwd=source.parent,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=throttle is not None,
        )
        if throttle:
            throttle.begin(self._process.pid)

    def first_answer(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> float:
        """Ask until it is answered 200 or 204; seconds since the process was spawned. Raises ``NotServed``."""
        status = 0
        while time.perf_counter() - self.begun < STARTS_WITHIN:
            if self._process.poll() is not None:
                raise NotServed(f"the server ended with {self._process.returncode}")
            try:
                connection = HTTPConnection("127.0.0.1", self.port, timeout=STARTS_WITHIN)
                connection.request(method, path, body, dict(headers))
                status = connection.getresponse().status
                connection.close()
                if status in SERVED:
                    return time.perf_counter() - self.begun
                raise NotServed(f"the first answer was {status}")
            except ConnectionRefusedError:
                time.sleep(0.002)
            except (OSError, HTTPException) as fault:
                raise NotServed(str(fault)) from None
        raise NotServed(f"no answer within {STARTS_WITHIN:.0f} seconds")

    def peak_mib(self) -> float:
        """The most memory that server and workers held, each at its own worst; what they share is in it twice."""
        return sum(map(_peak_kib, (self._process.pid, *_children(self._process.pid)))) / 1024

    def cpu(self) -> float:
        """Processor seconds of the server and its workers until now."""
        return sum(map(_cpu_seconds, (self._process.pid, *_children(self._process.pid))))

    def end(self) -> None:
        """Stop it, and wait."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self._process.wait()


def _cpu_seconds(process: int) -> float:
    # The clock of another process, as clock_getcpuclockid(3) names it: Python has that only for its own threads.
    return time.clock_gettime((~process << 3) | 2)


def _peak_kib(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def _children(process: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # one that has ended meanwhile
            # after the name in brackets: state, parent
            if int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[1]) == process:
                found.append(int(stat.parent.name))
    return found


@contextmanager
def serving(target: str, source: Path, around: Mapping[str, str]) -> Iterator[Server]:
    """A server while the block runs."""
    server = Server(target, source, around)
    try:
        yield server
    finally:
        server.end()
