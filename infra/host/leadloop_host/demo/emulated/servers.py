"""One functions-framework server per package, in a folder of its own and told only what a deployment tells it."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

from leadloop.manifest import Function, Manifest
from leadloop_host.demo.processes import Processes
from leadloop_packaging.staging import Package

_OF_THE_MACHINE = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")

_FEWEST_THREADS = 4
"""Instances that a cloud would start beside each other are threads here, so that two calls really meet."""


def serve_packages(
    packages: list[Package],
    manifest: Manifest,
    ports: Mapping[str, int],
    place: Path,
    environment: Mapping[str, str],
    processes: Processes,
) -> None:
    """Start every function on its port and return when all answer. Raises ``DidNotStart``.

    ``environment`` is that of the whole bundle; a function is given of the secrets only those in its manifest entry.
    """
    secrets = {secret for function in manifest.functions.values() for secret in function.secrets}
    for package in packages:
        folder = _unpacked(package, place)
        own = _environment_of(manifest.functions[package.name], environment, secrets)
        processes.start_function(package.name, folder, ports[package.name], own)
    for package in packages:
        processes.await_function(package.name, ports[package.name])


def _unpacked(package: Package, place: Path) -> Path:
    folder = place / package.name
    with ZipFile(io.BytesIO(package.content)) as archive:
        archive.extractall(folder)
    return folder


def _environment_of(function: Function, bundle: Mapping[str, str], secrets: set[str]) -> dict[str, str]:
    machine = {name: os.environ[name] for name in _OF_THE_MACHINE if name in os.environ}
    told = {name: value for name, value in bundle.items() if name not in secrets or name in function.secrets}
    return {**machine, **told, "THREADS": str(max(function.concurrency, _FEWEST_THREADS))}
