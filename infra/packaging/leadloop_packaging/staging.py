"""Packages into a folder, with an index that Terraform reads, and what the store needs to be asked."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from leadloop_packaging import store_indexes
from leadloop_packaging.faults import PackagingRefused

INDEX = "packages.json"
RUNTIME = "python313"
"""The newest Python whose functions Google installs with pip; from 3.14 on it is uv."""


@dataclass(frozen=True)
class Package:
    """One function, ready to deploy."""

    name: str
    content: bytes
    secrets: tuple[str, ...] = ()
    """Environment variables with secrets that it reads under the policy it holds."""

    @property
    def file(self) -> str:
        """Its file in the folder."""
        return f"{self.name}.zip"

    @property
    def sha256(self) -> str:
        """What names the object it is uploaded as: another content is another name, and is deployed."""
        return hashlib.sha256(self.content).hexdigest()


def stage(packages: Sequence[Package], folder: Path) -> None:
    """Replace what the folder held. The index is removed first and written last: a folder with one is whole.

    Packages that an earlier index names and this one does not are removed; other files are left alone.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        outdated = _indexed(folder) - {package.file for package in packages}
        (folder / INDEX).unlink(missing_ok=True)
        for name in outdated:
            (folder / name).unlink(missing_ok=True)
        for package in packages:
            _write(folder / package.file, package.content)
        _write(folder / store_indexes.FILE, store_indexes.store_indexes())
        _write(folder / INDEX, index_of(packages))
    except OSError as fault:
        raise PackagingRefused(f"{folder} cannot be written ({fault.strerror}); name another with --output") from None


def index_of(packages: Sequence[Package]) -> bytes:
    """``packages.json``: for each function its file, SHA-256, size in bytes, entry point, runtime and secrets."""
    entries = {
        package.name: {
            "file": package.file,
            "sha256": package.sha256,
            "bytes": len(package.content),
            "entry_point": package.name.replace("-", "_"),
            "runtime": RUNTIME,
            "secrets": sorted(package.secrets),
        }
        for package in sorted(packages, key=lambda package: package.name)
    }
    return json.dumps({"packages": entries}, indent=2).encode() + b"\n"


def _indexed(folder: Path) -> set[str]:
    """The files an earlier index names; only plain names of zips, whatever it says."""
    try:
        entries = json.loads((folder / INDEX).read_bytes())["packages"].values()
        named = {str(entry["file"]) for entry in entries}
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        return set()
    return {name for name in named if name.endswith(".zip") and Path(name).name == name}


def _write(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    os.replace(beside, path)
