"""Virtual environments with nothing in them but what a requirements.txt says, one for each different one.

Wheels are fetched once, from the index pip is set up for, and kept between runs in pytest's cache; environments are
made of those and shared by the workers of a run.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


class CleanEnvironments:
    """Environments under ``folder``, made of wheels in ``wheels``."""

    def __init__(self, folder: Path, wheels: Path) -> None:
        self._folder = folder
        self._wheels = wheels

    def fetch(self, requirements: Sequence[str]) -> None:
        """Have a wheel of every pin. Skips the test when there is none to be had; with CI=true that is a failure."""
        with _locked(self._wheels / "lock"):
            missing = sorted(set(self._missing(requirements)))
            if not missing:
                return
            fetched = _run(
                *(*_PIP, "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(self._wheels)),
                *missing,
            )
        if fetched.returncode:
            reason = f"no wheels of {len(missing)} pins: {fetched.stderr.strip().splitlines()[-1]}"
            pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)

    def bin_of(self, requirements: Path) -> Path:
        """The folder of programs of an environment that holds exactly these pins."""
        environment = self._folder / hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
        with _locked(self._folder / f"{environment.name}.lock"):
            if not (environment / "ready").exists():
                self._make(environment, requirements)
                (environment / "ready").touch()
        return environment / "bin"

    def _make(self, environment: Path, requirements: Path) -> None:
        _ran(sys.executable, "-m", "venv", "--without-pip", "--clear", str(environment))
        inside = (*_PIP, "--python", str(environment / "bin/python"))
        # Nothing is resolved: what a pin needs and no line names would be missing, which `pip check` finds.
        from_wheels = ("--no-deps", "--no-index", "--find-links", str(self._wheels), "--no-compile", "--quiet")
        _ran(*inside, "install", *from_wheels, "--requirement", str(requirements))
        _ran(*inside, "check")

    def _missing(self, requirements: Sequence[str]) -> Iterator[str]:
        present = {parse_wheel_filename(path.name)[:2] for path in self._wheels.glob("*.whl")}
        held = {(name, str(version)) for name, version in present}
        for line in requirements:
            pin = Requirement(line)
            [exact] = pin.specifier
            if (canonicalize_name(pin.name), exact.version) not in held:
                yield line


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _ran(*command: str) -> None:
    done = _run(*command)
    assert done.returncode == 0, f"{' '.join(command[:6])} …: {done.stdout}{done.stderr}"


def pins_in(texts: Iterable[bytes]) -> list[str]:
    """Every pin of some requirements files, once."""
    lines = (line for text in texts for line in text.decode().splitlines())
    return sorted({line for line in lines if "==" in line})
