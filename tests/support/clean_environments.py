"""Virtual environments with nothing in them but what a requirements.txt says, one for each different one.

Wheels are fetched once, from the index pip is set up for, and kept between runs in pytest's cache. A run installs each
of them once, on a shelf of its own; an environment is made of links to the shelves of its pins, and shared by the
workers of a run. So it holds what pip would have put there, and what it does not pin cannot be imported.
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
from zipfile import ZipFile

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

    def python_of(self, requirements: Path) -> Path:
        """The interpreter of an environment that holds exactly these pins."""
        environment = self._folder / hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
        with _locked(self._folder / "lock"):
            if not (environment / "ready").exists():
                self._make(environment, pins_in([requirements.read_bytes()]))
                (environment / "ready").touch()
        return environment / "bin" / "python"

    def _make(self, environment: Path, pins: Sequence[str]) -> None:
        _ran(sys.executable, "-m", "venv", "--without-pip", "--clear", str(environment))
        [packages] = environment.glob("lib/python*/site-packages")
        link_together([self._shelf_of(pin) for pin in pins], packages)
        # Nothing was resolved: what a pin needs and no line names would be missing.
        _ran(*_PIP, "--python", str(environment / "bin/python"), "check")

    def _shelf_of(self, pin: str) -> Path:
        """The folder that holds what one pin installs, and nothing else."""
        shelf = self._folder / "shelves" / pin.replace("==", "-")
        if not shelf.exists():
            [wheel] = (path for path in self._wheels.glob("*.whl") if _identity(path) == _exact(pin))
            being_filled = shelf.with_name(f"{shelf.name}.part")
            with ZipFile(wheel) as archive:
                archive.extractall(being_filled)
            assert not list(being_filled.glob("*.data")), f"{wheel.name} puts files elsewhere: have pip install it"
            being_filled.rename(shelf)
        return shelf

    def _missing(self, requirements: Sequence[str]) -> Iterator[str]:
        held = {_identity(path) for path in self._wheels.glob("*.whl")}
        yield from (line for line in requirements if _exact(line) not in held)


def link_together(shelves: Sequence[Path], folder: Path) -> None:
    """Let the folder hold what lies on all the shelves: links, to whole folders where only one shelf has such a one."""
    folder.mkdir(exist_ok=True)
    found: dict[str, list[Path]] = {}
    for shelf in shelves:
        for path in shelf.iterdir():
            found.setdefault(path.name, []).append(path)
    for name, paths in found.items():
        if len(paths) > 1 and all(path.is_dir() for path in paths):
            link_together(paths, folder / name)
        else:
            (folder / name).symlink_to(paths[0])


def _identity(wheel: Path) -> tuple[str, str]:
    name, version, _, _ = parse_wheel_filename(wheel.name)
    return str(name), str(version)


def _exact(pin: str) -> tuple[str, str]:
    requirement = Requirement(pin)
    [exact] = requirement.specifier
    return canonicalize_name(requirement.name), exact.version


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
