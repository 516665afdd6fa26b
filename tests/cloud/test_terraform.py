"""How infra/terraform is written: what is read is not repeated, everything is described, grants are never replaced."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from support.knocks import MANIFEST
from support.sayings import ROOT

TERRAFORM = ROOT / "infra/terraform"
SOURCES = {path.relative_to(TERRAFORM).as_posix(): path.read_text() for path in TERRAFORM.rglob("*.tf")}
TEXT = "\n".join(SOURCES.values())


def test_it_is_written_as_terraform_would() -> None:
    terraform = shutil.which("terraform")
    if terraform is None:
        if os.environ.get("CI"):
            pytest.fail("terraform is missing")
        pytest.skip("terraform is not installed")
    quiet = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
    command = [terraform, "fmt", "-check", "-recursive", "-diff", str(TERRAFORM)]
    run = subprocess.run(command, capture_output=True, text=True, env=quiet, check=False)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("name", sorted({*MANIFEST.functions, *MANIFEST.topics} - {"dead-letters"}))
def test_what_the_manifest_names_is_read_and_not_repeated(name: str) -> None:
    assert f'"{name}"' not in TEXT


def test_every_module_has_its_four_files() -> None:
    modules = [path for path in (TERRAFORM / "modules").iterdir() if path.is_dir()]
    for folder in [TERRAFORM, *modules]:
        assert {path.name for path in folder.glob("*.tf")} == {"main.tf", "variables.tf", "outputs.tf", "versions.tf"}


def test_every_variable_and_output_is_described_and_the_root_has_at_most_twelve() -> None:
    for name, text in SOURCES.items():
        for block in re.findall(r'^(?:variable|output) "\w+" \{.*?^\}', text, re.MULTILINE | re.DOTALL):
            assert "description = " in block or "description =" in block, (name, block)
    assert len(re.findall(r'^variable "', SOURCES["variables.tf"], re.MULTILINE)) <= 12


TAKEN = {
    *{"project", "region", "prefix", "policy", "packages", "alert_email"},
    *{"protect", "warm_instances", "billing_account", "monthly_budget"},
}
TOLD = {"addresses", "secrets", "database", "environment", "jobs", "subscriptions", "protected"}


@pytest.mark.parametrize(("kind", "known"), [("variable", TAKEN), ("output", TOLD)])
def test_nothing_passes_through_the_state_but_what_is_known_to_be_no_secret(kind: str, known: set[str]) -> None:
    found = set(re.findall(rf'^{kind} "(\w+)"', SOURCES[f"{kind}s.tf"], re.MULTILINE))
    assert found == known, f"the state keeps every {kind}: list here only what everybody who reads the state may know"


def test_no_value_of_a_secret_gets_into_the_state() -> None:
    assert "google_secret_manager_secret_version" not in TEXT
    assert "secret_data" not in TEXT


def test_grants_add_and_never_replace_those_of_others() -> None:
    assert not re.search(r'resource "google_\w+_iam_(policy|binding)"', TEXT)
    assert not re.search(r'"roles/(owner|editor|viewer)"', TEXT)
