"""infra/terraform applied to a cloud that is not there: every resource as Google would be asked for it.

Terraform's own mocks stand in for Google: what only Google knows (addresses, e-mails of accounts) is a random text,
another for each resource, so whatever refers to one can be told from whatever refers to another.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest

from leadloop_packaging.staging import stage
from leadloop_preflight.faults import ToolMissing
from leadloop_preflight.provider import served
from leadloop_preflight.provider_schema import ProviderSchema
from leadloop_preflight.steps import Preflight
from leadloop_preflight.terraform import find_terraform
from support.packages import packages
from support.sayings import ROOT

TERRAFORM = ROOT / "infra" / "terraform"
POLICY = ROOT / "examples" / "real_estate" / "leadloop.yaml"
PROJECT, NUMBER, REGION, PREFIX = "acme-leads", "4242", "europe-west1", "ll-"

_ONE_RUN = f"""
mock_provider "google" {{
  mock_data "google_project" {{
    defaults = {{ number = "{NUMBER}" }}
  }}
}}

variables {{
  project = "{PROJECT}"
  region  = "{REGION}"
}}

run "applied" {{
}}
"""


class Resource(NamedTuple):
    """One resource, with what it was given and what the mock made up."""

    address: str
    type: str
    name: str
    key: str
    """Of ``for_each``; empty for a resource that there is one of."""
    values: dict[str, Any]
    after: frozenset[str]
    """Addresses, without keys, of what is made before it."""


@dataclass(frozen=True)
class Bundle:
    """Everything that was applied."""

    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any]

    def each(self, type_: str, name: str | None = None) -> dict[str, dict[str, Any]]:
        """The resources of a type, and name if it matters: key → values."""
        found = [one for one in self.resources if one.type == type_ and name in (None, one.name)]
        assert len({one.key for one in found}) == len(found), f"{type_}: the same key under several names"
        return {one.key: one.values for one in found}

    def one(self, type_: str, name: str) -> dict[str, Any]:
        """The only resource of its type and name."""
        [found] = self.each(type_, name).values()
        return found


@dataclass(frozen=True)
class Checkout:
    """A copy of what infra/terraform reads, to be changed at will."""

    folder: Path

    @property
    def terraform(self) -> Path:
        """The copy of infra/terraform."""
        return self.folder / "infra" / "terraform"

    @property
    def manifest(self) -> Path:
        """The copy of the manifest."""
        return self.folder / "functions" / "functions.yaml"

    @property
    def packages(self) -> Path:
        """Packages of the example's policy."""
        return self.folder / "packages"

    def change(self, path: str, old: str, new: str) -> None:
        """Replace a text that stands in a file of infra/terraform, in one place."""
        file = self.terraform / path
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{path}: expected once, found {text.count(old)} times: {old}"
        file.write_text(text.replace(old, new), encoding="utf-8")

    def applied(self, **variables: str) -> Bundle:
        """The bundle as it would be applied. Fails the test if Terraform refuses."""
        shutil.rmtree(self.terraform / "tests", ignore_errors=True)
        (self.terraform / "tests").mkdir()
        (self.terraform / "tests" / "applied.tftest.hcl").write_text(_ONE_RUN, encoding="utf-8")
        ended = self._tested(variables, "-json", "-verbose")
        told = [json.loads(line) for line in ended.stdout.splitlines()]
        assert ended.returncode == 0, "\n".join(str(one.get("diagnostic", "")) for one in told if "diagnostic" in one)
        [state] = [one["test_state"] for one in told if one["type"] == "test_state"]
        outputs = {name: one["value"] for name, one in state["outputs"].items()}
        return Bundle(tuple(_resources(state["root_module"])), outputs)

    def keep_runs(self, file: str, runs: Sequence[str]) -> None:
        """Leave of one file of tests only these runs: every run applies or plans the whole bundle anew."""
        path = self.terraform / "tests" / f"{file}.tftest.hcl"
        head, *blocks = re.split(r"(?m)^(?=run \")", path.read_text(encoding="utf-8"))
        named = {block.split('"')[1]: block for block in blocks}
        path.write_text(head + "".join(named[run] for run in runs), encoding="utf-8")

    def refusal(self, file: str) -> str:
        """What one file of tests says against it; empty when it passes."""
        ended = self._tested({}, "-no-color", f"-filter=tests/{file}.tftest.hcl")
        return "" if ended.returncode == 0 else ended.stdout + ended.stderr

    def _tested(self, variables: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
        given = {"packages": str(self.packages), "policy": str(POLICY), **variables}
        with served(_schema()) as provider:
            kept = str(self.folder / "kept")
            environment = {**os.environ, **provider, "TF_DATA_DIR": kept, "TF_CLI_CONFIG_FILE": os.devnull}

            def run(*words: str) -> subprocess.CompletedProcess[str]:
                command = [find_terraform(), f"-chdir={self.terraform}", *words]
                return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

            prepared = run("init", "-backend=false", "-input=false", "-no-color")
            assert prepared.returncode == 0, prepared.stdout + prepared.stderr
            return run("test", *words, *(f"-var={name}={value}" for name, value in given.items()))


def checkout(folder: Path) -> Checkout:
    """A copy of this checkout, with packages of the example's policy."""
    (folder / "functions").mkdir(parents=True)
    shutil.copyfile(ROOT / "functions" / "functions.yaml", folder / "functions" / "functions.yaml")
    shutil.copytree(TERRAFORM, folder / "infra" / "terraform", ignore=shutil.ignore_patterns(".terraform*"))
    stage(list(packages().values()), folder / "packages")
    return Checkout(folder)


@cache
def bundle() -> Bundle:
    """This checkout's bundle under the example's policy."""
    with TemporaryDirectory() as folder:
        return checkout(Path(folder) / "checkout").applied()


@cache
def _schema() -> ProviderSchema:
    """The provider's schema; without it the test is skipped, and fails in CI."""
    try:
        find_terraform()
        return Preflight(TERRAFORM, ROOT / "build", in_ci=False).schema()
    except ToolMissing as fault:
        if os.environ.get("CI"):
            pytest.fail(str(fault))
        pytest.skip(str(fault))


def _resources(module: Mapping[str, Any]) -> Iterator[Resource]:
    for one in module.get("resources", ()):
        if one["mode"] == "managed":
            after = frozenset(one.get("depends_on", ()))
            yield Resource(one["address"], one["type"], one["name"], str(one.get("index", "")), one["values"], after)
    for child in module.get("child_modules", ()):
        yield from _resources(child)
