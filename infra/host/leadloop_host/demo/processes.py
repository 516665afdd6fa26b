"""The processes of a demo: two stand-ins and the host, each its own, ended by the pid that was started."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import requests

READY_WITHIN = 30.0


class DidNotStart(Exception):
    """A process of the demo ended or stayed silent; its own words are in the message."""


class Processes:
    """Starts processes and ends them all on leaving, the last first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[tuple[str, subprocess.Popen[str]]] = []
        self._logs: list[IO[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _name, process in reversed(self._running):
            process.terminate()
        for _name, process in reversed(self._running):
            try:
                process.wait(25)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for log in self._logs:
            log.close()

    def start_stand_in(self, vendor: str, options: Sequence[str], environment: Mapping[str, str]) -> str:
        """Start a stand-in on a free port and return its base URL. Raises ``DidNotStart``."""
        process = self._start(vendor, ["-m", f"leadloop_standins.{vendor}", *options], environment, piped=True)
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise DidNotStart(self._words_of(vendor))
        return str(json.loads(line)["listening"])

    def start_host(self, arguments: Sequence[str], environment: Mapping[str, str], url: str) -> None:
        """Start the host and return when it answers. Raises ``DidNotStart``."""
        process = self._start("host", ["-m", "leadloop_host.demo.hosting", *arguments], environment, piped=False)
        began = time.monotonic()
        while time.monotonic() - began < READY_WITHIN and process.poll() is None:
            try:
                if requests.get(f"{url}/healthz", timeout=2).ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.05)
        raise DidNotStart(self._words_of("host"))

    def _start(
        self, name: str, arguments: list[str], environment: Mapping[str, str], piped: bool
    ) -> subprocess.Popen[str]:
        log = (self._folder / f"{name}.log").open("a", encoding="utf-8")
        process = subprocess.Popen(  # noqa: S603 - our own modules, by this very interpreter
            [sys.executable, *arguments],
            env=dict(environment),
            stdout=subprocess.PIPE if piped else log,
            stderr=log,
            text=True,
        )
        self._logs.append(log)
        self._running.append((name, process))
        return process

    def _words_of(self, name: str) -> str:
        words = (self._folder / f"{name}.log").read_text(encoding="utf-8").strip()
        return f"{name} did not start: {words[-2000:] or 'it said nothing'}"
