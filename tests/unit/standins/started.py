"""A stand-in as a process of its own, as a person starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import leadloop_standins

_PACKAGES = str(Path(leadloop_standins.__file__).parents[1])


def start_of(vendor: str, *options: str) -> list[str]:
    """The words that start one on a free port."""
    return [sys.executable, "-m", f"leadloop_standins.{vendor}", "--port", "0", *options]


def environment() -> dict[str, str]:
    """In which its package is found, installed or not."""
    return {**os.environ, "PYTHONPATH": _PACKAGES}


@contextmanager
def started(vendor: str, *options: str) -> Iterator[str]:
    """The base URL of a stand-in on a free port. It has to end on SIGTERM, with nothing to complain of."""
    with subprocess.Popen(
        start_of(vendor, *options),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["listening"]
            process.send_signal(signal.SIGTERM)
            rest, complaints = process.communicate(timeout=20)
        finally:
            if process.poll() is None:
                process.kill()
    assert (process.returncode, rest, complaints) == (0, "", "")
