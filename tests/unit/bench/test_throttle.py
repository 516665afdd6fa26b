"""A throttled process gets its share of a processor and no more, whichever means holds it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench import throttle
from bench.throttle import Throttle, throttled

SHARE = 0.2
CLEARLY_MORE = 0.6
"""A free process takes all of a processor; one that is stopped late, on a busy machine, somewhat over its share."""

SPIN = """
import time
begun = time.perf_counter()
while time.process_time() < 0.25:
    pass
print(time.process_time() / (time.perf_counter() - begun))
"""


@contextmanager
def by_quota() -> Iterator[Throttle]:
    with throttled(SHARE) as found:
        if found.name != "the kernel's quota":
            pytest.skip("no right to make a control group here")
        yield found


@contextmanager
def by_signals(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[Throttle]:
    monkeypatch.setattr(throttle, "_SECOND_VERSION", folder)
    monkeypatch.setattr(throttle, "_FIRST_VERSION", folder / "absent")
    with throttled(SHARE) as found:
        assert found.name == "stop and continue"
        yield found


def share_taken(throttle: Throttle) -> float:
    """What of a processor a program takes that never waits."""
    command = throttle.wrapped([sys.executable, "-c", SPIN])
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    throttle.begin(process.pid)
    said, _ = process.communicate()
    assert process.returncode == 0
    return float(said)


def test_the_quota_holds_a_process_to_its_share() -> None:
    with by_quota() as found:
        assert share_taken(found) < CLEARLY_MORE


def test_signals_hold_a_process_to_its_share(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with by_signals(monkeypatch, tmp_path) as found:
        assert share_taken(found) < CLEARLY_MORE


def test_a_folder_that_is_not_the_kernels_is_no_control_group(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the first version is mounted, the second one's place is a plain folder: a quota there does nothing."""
    with by_signals(monkeypatch, tmp_path):
        assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_behind() -> None:
    with by_quota() as found:
        share_taken(found)
    for place in (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/cpu")):
        assert list(place.glob(f"leadloop-bench-{os.getpid()}*")) == []  # others may be measuring too
