"""Somebody who deploys, with a gcloud and a terraform that keep one cloud in a file.

What the programs were called with is in the cloud's ledger.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from leadloop.cli import main as leadloop
from leadloop_deployment.__main__ import main
from support.sayings import ROOT

PROGRAMS = ROOT / "tests" / "cloud" / "programs"
PROJECT = "acme-leads"
DEPLOY = ["deploy", "--project", PROJECT, "--region", "europe-west1"]
DESTROY = ["destroy", *DEPLOY[1:]]
ALL = ("yes",) * 4
"""What a new bundle asks: its bucket and APIs, its secrets, their values, everything else."""
TOKENS = {"LEADLOOP_AMOCRM_TOKEN": "amocrm.long.lived", "LEADLOOP_METRICA_TOKEN": "y0_metrica"}


@dataclass
class Owner:
    """Somebody with an account, a policy and a terminal."""

    folder: Path
    capture: pytest.CaptureFixture[str]
    keyboard: pytest.MonkeyPatch

    def has(self, **state: object) -> None:
        self.write(self.cloud() | state)

    def write(self, cloud: dict[str, Any]) -> None:
        (self.folder / "cloud.json").write_text(json.dumps(cloud))

    def cloud(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "cloud.json").read_text())
        return found

    def runs(self, words: list[str], *answers: str) -> tuple[int, str]:
        """The command with these answers to its questions; how it ended, and all that it wrote."""
        self.keyboard.setattr("sys.stdin", io.StringIO("".join(f"{answer}\n" for answer in answers)))
        policy = ["--policy", str(self.folder / "leadloop.yaml"), "--work", str(self.folder / "work")]
        code = main([*words, *policy])
        told = self.capture.readouterr()
        return code, told.out + told.err

    def calls(self, *beginning: str) -> list[list[str]]:
        """The calls of a program whose words begin so."""
        program, *words = beginning
        return [
            call["words"]
            for call in self.cloud()["ledger"]
            if call["program"] == program and set(words) <= set(call["words"])
        ]


def installed(folder: Path, *programs: str) -> Path:
    """A folder for the PATH with these programs, run by the Python that runs this."""
    folder.mkdir()
    for name in programs:
        code = (PROGRAMS / name).read_text().partition("\n")[2]
        (folder / name).write_text(f"#!{sys.executable} -IS\n{code}")
        (folder / name).chmod(0o755)
    return folder


def prepare(folder: Path, patch: pytest.MonkeyPatch) -> None:
    for name in [*os.environ]:
        if name.startswith("LEADLOOP_"):
            patch.delenv(name)
    patch.setenv("CLOUD", str(folder / "cloud.json"))
    patch.setenv("PATH", f"{installed(folder / 'bin', 'gcloud', 'terraform')}{os.pathsep}{os.environ['PATH']}")
    assert leadloop(["init", "--dir", str(folder), "--lang", "en"]) == 0
    environment = folder / ".env"
    lines = [line for line in environment.read_text().splitlines() if line.partition("=")[0] not in TOKENS]
    environment.write_text("\n".join([*lines, *(f"{name}={value}" for name, value in TOKENS.items())]) + "\n")
    shutil.copy(PROGRAMS / "new_project.json", folder / "cloud.json")
