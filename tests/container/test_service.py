"""The unit for systemd: without a fault by systemd's word, tight by its score, and not too tight for the host."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from container.confined import set_in
from leadloop_host.host import GRACE
from support.knocks import SETTINGS
from support.sayings import ROOT
from unit.host.host_driver import wait_until

UNIT = ROOT / "examples" / "one-server" / "leadloop.service"
TEXT = UNIT.read_text(encoding="utf-8")
EXPOSED_AT_MOST = 15
"""Tenths of the score of ``systemd-analyze security``, 0 to 100 with 100 the worst."""

HERE = Path(__file__).parent
BESIDE = Path(sys.executable).parent

FORBIDDEN_THINGS = """
import mmap, os, socket
for forbidden in (
    lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
    lambda: os.chroot("/"),
):
    try:
        forbidden()
    except OSError as refused:
        print(refused.errno)
"""


@pytest.fixture(scope="module")
def analyze() -> str:
    if (found := shutil.which("systemd-analyze")) is None:
        pytest.skip("systemd-analyze is not installed (Debian: systemd)")
    return found


@pytest.fixture
def confinement(analyze: str) -> list[str]:
    command = [sys.executable, str(HERE / "confined.py"), str(UNIT)]
    tried = subprocess.run([*command, "/bin/true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"no confinement here: {tried.stderr.strip().splitlines()[-1]}")
    return command


def faults(analyze: str, root: Path, text: str) -> str:
    """What systemd says of a unit where leadloop is installed as the guide says; empty when all is well."""
    program = root / "opt" / "leadloop" / ".venv" / "bin" / "leadloop"
    unit = root / "etc" / "systemd" / "system" / UNIT.name
    for path in (program, unit):
        path.parent.mkdir(parents=True, exist_ok=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit.write_text(text, encoding="utf-8")
    verify = [
        analyze,
        "verify",
        "--man=no",
        "--recursive-errors=no",
        f"--root={root}",
        f"/etc/systemd/system/{unit.name}",
    ]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert bool(done.returncode) == bool(done.stderr.strip()), done
    return done.stderr


def test_systemd_finds_no_fault(analyze: str, tmp_path: Path) -> None:
    assert faults(analyze, tmp_path, TEXT) == ""


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("ProtectHome=", "ProtectHom=", "Unknown key 'ProtectHom'"),
        ("/opt/leadloop/.venv/bin/leadloop serve", "/opt/leadloop/bin/leadloop serve", "is not executable"),
        ("TimeoutStopSec=30", "TimeoutStopSec=soon", "Failed to parse time value"),
        ("@system-service", "@system-servise", "Unknown system call group"),
    ],
)
def test_systemd_finds_a_planted_mistake(analyze: str, tmp_path: Path, right: str, wrong: str, said: str) -> None:
    assert TEXT.count(right) == 1
    assert said in faults(analyze, tmp_path, TEXT.replace(right, wrong))


@pytest.mark.parametrize(
    ("right", "well"), [("", True), ("CapabilityBoundingSet=\n", False), ("SystemCallFilter=@system-service\n", False)]
)
def test_systemd_finds_it_tight_and_would_notice_a_line_less(
    analyze: str, tmp_path: Path, right: str, well: bool
) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(TEXT.replace(right, ""), encoding="utf-8")
    assert right in TEXT
    security = [analyze, "security", "--offline=true", f"--threshold={EXPOSED_AT_MOST}", "--no-pager", str(unit)]
    scored = subprocess.run(security, capture_output=True, text=True, check=False)
    assert (scored.returncode == 0) is well, scored.stdout


def test_systemd_waits_for_the_host_longer_than_the_host_for_its_requests() -> None:
    assert float(set_in(TEXT, "TimeoutStopSec")[0]) >= GRACE + 5


def test_a_host_that_is_refused_at_every_start_is_given_up() -> None:
    pause, within, starts = (
        float(set_in(TEXT, key)[0]) for key in ("RestartSec", "StartLimitIntervalSec", "StartLimitBurst")
    )
    assert pause * starts < within / 1.5  # a start that is refused takes up to a second or two itself


def test_the_confinement_of_the_unit_forbids(confinement: list[str]) -> None:
    tried = subprocess.run(
        [*confinement, sys.executable, "-c", FORBIDDEN_THINGS], capture_output=True, text=True, check=True
    )
    assert len(tried.stdout.split()) == 3


def test_the_host_lives_under_it(confinement: list[str], tmp_path: Path) -> None:
    policy, data = tmp_path / "leadloop.yaml", tmp_path / "data"
    init = [str(BESIDE / "leadloop"), "init", "--dir", str(tmp_path), "--origin", "https://sokol.example"]
    subprocess.run(init, check=True, capture_output=True)
    serve = [str(BESIDE / "leadloop"), "serve", "--policy", str(policy), "--data", str(data), "--port", "0"]
    tokens = {name: value for name, value in SETTINGS.items() if name.endswith("_TOKEN")}
    log = tmp_path / "log"
    with log.open("wb") as output:
        host = subprocess.Popen(
            [*confinement, *serve], env={"PATH": os.environ["PATH"], **tokens}, stdout=output, stderr=output
        )
    try:
        wait_until(lambda: bool(started(log)) or host.poll() is not None, "the host has started")
        [port] = started(log) or pytest.fail(log.read_text())
        sealed = requests.post(f"http://127.0.0.1:{port}/capture-lead", data=b"\xff" * 300_000, timeout=120)
        assert sealed.status_code == 200, sealed.text
        assert requests.get(f"http://127.0.0.1:{port}/healthz", timeout=120).status_code == 200
        wait_until(lambda: "submission_quarantined" in log.read_text(), "what was unreadable is kept, sealed")
    finally:
        host.terminate()
        assert host.wait(120) == 0
    assert "Traceback" not in log.read_text()


def started(log: Path) -> list[int]:
    return [json.loads(line)["port"] for line in re.findall(r"^.*host_started.*$", log.read_text(), re.MULTILINE)]
