"""The checkout that packages are made of."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError
from yaml import YAMLError

from leadloop import manifest as manifests
from leadloop.manifest import Manifest
from leadloop.policy import Policy
from leadloop.secret_readers import secrets_of
from leadloop_packaging.archive import zip_of
from leadloop_packaging.contents import files_of, settings_files, shared_files
from leadloop_packaging.faults import PackagingRefused
from leadloop_packaging.requirements import read_pins
from leadloop_packaging.staging import Package

ROOT = Path(__file__).resolve().parents[3]


def packages_of(root: Path, policy: Policy) -> list[Package]:
    """A package for every function of the manifest. Raises ``PackagingRefused``; writes nothing."""
    manifest = _manifest(root / "functions" / "functions.yaml")
    tested = read_pins(root / "constraints.txt")
    shared = shared_files(root / "shared" / "leadloop")
    settings = settings_files(policy, manifest)

    def package(name: str) -> Package:
        files = files_of(root / "functions" / name.replace("-", "_"), tested, shared, settings)
        return Package(name, zip_of(files), secrets_of(manifest.functions[name], policy))

    return [package(name) for name in sorted(manifest.functions)]


def _manifest(path: Path) -> Manifest:
    try:
        return manifests.load(path)
    except (OSError, YAMLError, ValidationError) as fault:
        raise PackagingRefused(f"the manifest functions/{path.name} cannot be used: {fault}") from None
