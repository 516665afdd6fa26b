"""The processes of a demo: two stand-ins and the host, each its own, ended by the pid that was started."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from leadloop_host.directory_lock import holder

READY_WITHIN = 30.0
HOST = "host"


class DidNotStart(Exception):
    """A process of the demo ended or stayed silent; its own words are in the message."""


class Processes:
    """Starts processes and ends them all on leaving, the last first. What each says is in ``<name>.log``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self._running.values()):
            process.terminate()
        for name in reversed(list(self._running)):
            self.stop(name)

    def start_stand_ins(self, options: Mapping[str, Sequence[str]], environment: Mapping[str, str]) -> dict[str, str]:
        """Start a stand-in for each vendor on a free port and return their base URLs. Raises ``DidNotStart``."""
        for vendor, given in options.items():
            self._start(vendor, ["-m", f"leadloop_standins.{vendor}", *given], environment, piped=True)
        return {vendor: self._address_of(vendor) for vendor in options}

    def start_host(
        self, module: str, arguments: Sequence[str], environment: Mapping[str, str], url: str, data: Path
    ) -> None:
        """Start the host of a data directory and return when it answers itself. Raises ``DidNotStart``.

        Another host may answer at the same port: who answers is asked of the lock of the directory, where
        a host writes its pid once its port is its own.
        """
        self._start(HOST, ["-m", module, *arguments], environment, piped=False)
        self._wait_for(HOST, f"{url}/healthz", 200, lambda: holder(data) == self.pid_of(HOST))

    def start_function(self, name: str, package: Path, port: int, environment: Mapping[str, str]) -> None:
        """Have functions-framework serve an unpacked package as Cloud Run does; ``await_function`` tells when."""
        served = ["--target", name.replace("-", "_"), "--source", "main.py", "--host", "127.0.0.1"]
        words = ["-m", "functions_framework", *served, "--port", str(port)]
        self._start(name, words, environment, piped=False, place=package)

    def await_function(self, name: str, port: int) -> None:
        """Return when the function's server answers; the function itself is not called. Raises ``DidNotStart``."""
        # The framework answers 404 for this path whatever the function would say.
        self._wait_for(name, f"http://127.0.0.1:{port}/robots.txt", 404)

    def _wait_for(self, name: str, url: str, status: int, is_its_own: Callable[[], bool] = lambda: True) -> None:
        began = time.monotonic()
        while time.monotonic() - began < READY_WITHIN and self._runs(name):
            with suppress(requests.RequestException):
                is_answered = is_its_own() and requests.get(url, timeout=2).status_code == status
                if is_answered and self._runs(name):
                    return
            time.sleep(0.02)
        raise DidNotStart(self._what_happened(name, url, status))

    def _runs(self, name: str) -> bool:
        return self._running[name].poll() is None

    def _what_happened(self, name: str, url: str, status: int) -> str:
        code = self._running[name].poll()
        ended = f"has not answered so in {READY_WITHIN:.0f} s" if code is None else f"ended with exit code {code}"
        return f"{self._words_of(name)}\nexpected its own answer {status} at {url}, found that the process {ended}"

    def pid_of(self, name: str) -> int:
        """The process started under a name."""
        return self._running[name].pid

    def kill(self, name: str) -> None:
        """End a process as a power cut would."""
        self._running[name].kill()
        self._running[name].wait()

    def stop(self, name: str) -> int:
        """Ask a process to end and return its exit code."""
        process = self._running[name]
        process.terminate()
        try:
            code = process.wait(25)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        if process.stdout:
            process.stdout.close()
        return code

    def _address_of(self, vendor: str) -> str:
        process = self._running[vendor]
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise DidNotStart(self._words_of(vendor))
        return str(json.loads(line)["listening"])

    def _start(
        self,
        name: str,
        arguments: list[str],
        environment: Mapping[str, str],
        piped: bool,
        place: Path | None = None,
    ) -> subprocess.Popen[str]:
        with (self._folder / f"{name}.log").open("a", encoding="utf-8") as log:
            process = subprocess.Popen(  # noqa: S603 - our own modules, by this very interpreter
                [sys.executable, *arguments],
                env=dict(environment),
                cwd=place,
                stdout=subprocess.PIPE if piped else log,
                stderr=log,
                text=True,
            )
        self._running[name] = process
        return process

    def _words_of(self, name: str) -> str:
        words = (self._folder / f"{name}.log").read_text(encoding="utf-8").strip()
        return f"{name} did not start: {words[-2000:] or 'it said nothing'}"
