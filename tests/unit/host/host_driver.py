"""A real host in a process of its own, on free ports, driven over HTTP and by signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from leadloop.adapters.file_clock import set_file_clock
from unit.host.ledger import entries

HERE = Path(__file__).parent
TESTS = HERE.parents[1]
FUNCTIONS = HERE / "functions"
POLICY = HERE / "leadloop.yaml"
HOOK_SECRET = "hook-secret-of-the-test"
WITHIN = 120.0

RUN_HOST = "import sys; from leadloop.cli import serve; import argparse; p = argparse.ArgumentParser(); " + (
    "serve.add_arguments(p); sys.exit(serve.run(p.parse_args()))"
)


def wait_until(reached: Callable[[], bool], what: str) -> None:
    """Return as soon as the condition holds; fail when it does not come to hold."""
    given_up_at = time.monotonic() + WITHIN
    while not reached():
        assert time.monotonic() < given_up_at, f"{what}: not reached within {WITHIN:.0f} s"
        time.sleep(0.01)


class HostDriver:
    """``leadloop serve`` over the tiny functions. Call ``start``; ``end`` is safe at any time."""

    def __init__(self, data: Path, clock: datetime | None = None, *options: str, **environment: str) -> None:
        self.data = data
        self.options = ["--policy", str(POLICY), "--functions", str(FUNCTIONS), "--port", "0", *options]
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(TESTS),
            "LEADLOOP_HOOK_SECRET": HOOK_SECRET,
            "LEADLOOP_HMAC_KEY": "k1:" + "ab" * 32,
            **environment,
        }
        self.process: subprocess.Popen[str] | None = None
        self.clock_file = data.parent / "clock"
        if clock is not None:
            self.set_clock(clock)
            self.environment["LEADLOOP_CLOCK_FILE"] = str(self.clock_file)

    def launch(self) -> subprocess.Popen[str]:
        """Start the process without waiting for anything."""
        self.log = (self.data.parent / "host.log").open("a")
        self.words = (self.data.parent / "host.err").open("a")
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN_HOST, "--data", str(self.data), *self.options],
            env=self.environment,
            stdout=self.log,
            stderr=self.words,
            text=True,
        )
        self.log.close()
        self.words.close()
        return self.process

    def start(self) -> HostDriver:
        """Start the process and return when it answers."""
        process = self.launch()
        wait_until(lambda: self._announced(process) or process.poll() is not None, "the host has started")
        assert process.poll() is None, self.said()
        self.ports = json.loads((self.data / "host.lock").read_text())
        self.url = f"http://127.0.0.1:{self.ports['port']}"
        return self

    def _announced(self, process: subprocess.Popen[str]) -> bool:
        try:
            return bool(json.loads((self.data / "host.lock").read_text())["pid"] == process.pid)
        except (OSError, ValueError):
            return False

    def said(self) -> str:
        """What it told people (standard error)."""
        return (self.data.parent / "host.err").read_text()

    def logged(self, event: str | None = None) -> list[dict[str, Any]]:
        """What it logged (standard output); every line must be JSON."""
        lines = (self.data.parent / "host.log").read_text().splitlines(keepends=True)
        read = [json.loads(line) for line in lines if line.endswith("\n")]
        return [line for line in read if event in (None, line["message"])]

    def set_clock(self, instant: datetime) -> None:
        set_file_clock(self.clock_file, instant)

    def post(self, path: str, body: object = None, **how: Any) -> requests.Response:  # noqa: ANN401
        return requests.post(self.url + path, json=body, timeout=WITHIN, allow_redirects=False, **how)

    def get(self, path: str, **how: Any) -> requests.Response:  # noqa: ANN401
        return requests.get(self.url + path, timeout=WITHIN, allow_redirects=False, **how)

    def publish(self, *leads: str, topic: str = "leads") -> None:
        """Let the public function publish a message for each lead."""
        assert self.post("/take-lead", {"leads": leads, "topic": topic}).status_code == 200

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.get("/_host/state").json()
        return state

    def settle(self) -> None:
        """Wait until nothing is due and nothing runs."""
        wait_until(lambda: bool(self.state()["quiet"]), "the host is quiet")

    def entries(self, function: str | None = None) -> list[dict[str, Any]]:
        """What a function really received."""
        return entries(self.data, function)

    def kill(self) -> None:
        """``kill -9``."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(WITHIN)

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


Launch = Callable[..., HostDriver]
"""Makes a host on the data directory of the test; arguments as ``HostDriver`` takes them after it."""


@contextmanager
def hosts(data: Path) -> Iterator[Launch]:
    """Make hosts on one data directory; all are ended at the end, whatever happened."""
    drivers: list[HostDriver] = []

    def make(clock: datetime | None = None, *options: str, **environment: str) -> HostDriver:
        drivers.append(HostDriver(data, clock, *options, **environment))
        return drivers[-1]

    try:
        yield make
    finally:
        for driver in drivers:
            driver.end()
