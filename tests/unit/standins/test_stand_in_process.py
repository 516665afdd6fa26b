"""The stand-in as a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

import leadloop_standins
from unit.standins.metrica_driver import COUNTER, TOKEN, MetricaDriver, csv_of

PACKAGES = str(Path(leadloop_standins.__file__).parents[1])
START = ("-m", "leadloop_standins.metrica", "--port", "0", "--token", TOKEN, "--counter", str(COUNTER))


@contextmanager
def process(arguments: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONPATH": PACKAGES}
    with subprocess.Popen(
        [sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as started:
        try:
            yield started
        finally:
            if started.poll() is None:
                started.kill()


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_serves_and_ends_cleanly(tmp_path: Path, signal_number: int) -> None:
    clock_file, seed = tmp_path / "clock", tmp_path / "seed.json"
    clock_file.write_text("2026-09-01T09:00:00Z")
    visit = {"client_id": "1700000000123456789", "time": "2026-08-25T10:00:00Z"}
    seed.write_text(json.dumps({"visits": [visit], "goals": [{"target": "sold"}]}))
    options = ("--clock-file", str(clock_file), "--seed", str(seed), "--skip-intermediate")
    with process((*START, *options)) as started:
        assert started.stdout is not None
        metrica = MetricaDriver(json.loads(started.stdout.readline())["listening"], clock_file)
        with metrica.session:
            assert metrica.processed(csv_of("1700000000123456789,sold,1787738400,,"))["linked_quantity"] == 1
            started.send_signal(signal_number)
            rest, complaints = started.communicate(timeout=120)
    assert (started.returncode, rest, complaints) == (0, "", "")


@pytest.mark.parametrize(
    ("option", "content", "named"),
    [("--clock-file", "", "ISO-8601"), ("--seed", "[]", "JSON object"), ("--seed", "{", "not JSON")],
)
def test_it_does_not_start_on_a_wrong_file(tmp_path: Path, option: str, content: str, named: str) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text(content)
    with process((*START, option, str(wrong))) as started:
        output, complaints = started.communicate(timeout=120)
    assert (started.returncode, output) == (2, "")
    assert named in complaints


def test_a_clock_file_caught_empty_keeps_the_last_time(tmp_path: Path, metrica: MetricaDriver) -> None:
    metrica.set_time("2026-09-01T10:00:00Z")
    assert metrica.ledger()["now"] == "2026-09-01T10:00:00Z"
    metrica.set_time("")
    assert metrica.ledger()["now"] == "2026-09-01T10:00:00Z"
