"""Packages as a deployment gets them: made of this checkout, and unpacked."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from zipfile import ZipFile

from leadloop_packaging.checkout import packages_of
from leadloop_packaging.staging import Package
from support.knocks import MANIFEST
from support.policies import sokol
from support.sayings import ROOT

FUNCTIONS = sorted(MANIFEST.functions)


@cache
def packages() -> dict[str, Package]:
    """Every function's package with the policy of «Сокол»."""
    return {package.name: package for package in packages_of(ROOT, sokol())}


def files_of(function: str) -> dict[str, bytes]:
    """What the package of a function holds, by path."""
    with ZipFile(io.BytesIO(packages()[function].content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def unpack(function: str, folder: Path) -> Path:
    """The package in a folder of its own."""
    unpacked = folder / function
    with ZipFile(io.BytesIO(packages()[function].content)) as archive:
        archive.extractall(unpacked)
    return unpacked
