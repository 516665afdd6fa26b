"""Virtual environments with nothing in them but what a requirements.txt says, one for each different one.

What a pin installs pip has already put into the environment of the tests, and written down file by file. So nothing is
installed again: a run links the files of each pin onto a shelf of its own, and an environment is made of links to the
shelves of its pins, shared by the workers of a run. It holds what pip would have put there, and what it does not pin
cannot be imported.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


def fetch_wheels(wheels: Path, requirements: Sequence[str]) -> None:
    """Have a wheel of every pin, kept between runs in ``wheels``; from the index that pip is set up for.

    Skips the test when there is none to be had; with CI=true that is a failure.
    """
    with _locked(wheels / "lock"):
        held = {_identity(path) for path in wheels.glob("*.whl")}
        missing = sorted({line for line in requirements if _exact(line) not in held})
        if not missing:
            return
        fetched = _run(
            *(*_PIP, "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(wheels)), *missing
        )
    if fetched.returncode:
        reason = f"no wheels of {len(missing)} pins: {fetched.stderr.strip().splitlines()[-1]}"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)


class CleanEnvironments:
    """Environments under ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

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
        """The folder that holds what one pin installs, and nothing else; its commands are left out."""
        shelf = self._folder / "shelves" / pin.replace("==", "-")
        if shelf.exists():
            return shelf
        name, version = _exact(pin)
        installed = distribution(name)
        assert installed.version == version, f"{pin}: {installed.version} is installed here; make test puts it right"
        being_filled = shelf.with_name(f"{shelf.name}.part")
        for file in installed.files or ():
            if ".." not in file.parts:
                (being_filled / file).parent.mkdir(parents=True, exist_ok=True)
                (being_filled / file).symlink_to(file.locate())
        return being_filled.rename(shelf)


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
