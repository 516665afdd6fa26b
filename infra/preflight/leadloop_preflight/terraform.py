"""Terraform itself, run on a configuration with a served schema in the provider's place."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from leadloop_preflight.faults import ToolMissing
from leadloop_preflight.outcome import Outcome

_QUIET = {
    "TF_CLI_CONFIG_FILE": os.devnull,
    "CHECKPOINT_DISABLE": "1",  # asks the network whether there is a newer version
    "TF_IN_AUTOMATION": "1",
}
_COUNT = re.compile(r"^(?:Success|Failure)! (\d+) passed, (\d+) failed", re.MULTILINE)


def find_terraform() -> str:
    """Where terraform is. Raises ``ToolMissing``."""
    found = shutil.which("terraform")
    if found is None:
        raise ToolMissing(
            "terraform is not on the PATH; install 1.9 or newer: https://developer.hashicorp.com/terraform/install"
        )
    return found


@dataclass(frozen=True)
class Terraform:
    """Checks one folder of Terraform files. What Terraform keeps between its runs goes to ``kept``, not beside them."""

    program: str
    folder: Path
    kept: Path
    provider: Mapping[str, str] = field(default_factory=dict)
    """The environment in which Terraform finds its provider."""

    def formatted(self) -> Outcome:
        """Every file is written as `terraform fmt` would."""
        ended = self._run("fmt", "-check", "-recursive", "-diff")
        return _outcome("format", ended, "as `terraform fmt` writes it")

    def valid(self) -> Outcome:
        """Every name, type and reference fits the provider's schema. Prepares the folder for ``tested``."""
        prepared = self._run("init", "-backend=false", "-input=false")
        if prepared.returncode:
            return _outcome("validate", prepared, "")
        return _outcome("validate", self._run("validate"), "fits the provider's schema")

    def tested(self, variables: Mapping[str, str]) -> Outcome:
        """Every run of ``tests/*.tftest.hcl`` passes, and there is at least one."""
        ended = self._run("test", *(f"-var={name}={value}" for name, value in variables.items()))
        count = _COUNT.search(ended.stdout)
        if count is None or ended.returncode:
            return _outcome("test", ended, "")
        if count[1] == "0":
            return Outcome("test", "refused", "no test was run", f"expected tests in {self.folder}/tests, found none\n")
        return _outcome("test", ended, f"{count[1]} runs passed")

    def _run(self, command: str, *words: str) -> subprocess.CompletedProcess[str]:
        coloured = () if command == "fmt" else ("-no-color",)
        return subprocess.run(  # noqa: S603 - the terraform that was found, and no shell
            [self.program, f"-chdir={self.folder}", command, *coloured, *words],
            env={**os.environ, **_QUIET, **self.provider, "TF_DATA_DIR": str(self.kept)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def _outcome(step: str, ended: subprocess.CompletedProcess[str], remark: str) -> Outcome:
    if ended.returncode:
        return Outcome(step, "refused", "terraform refused", ended.stdout + ended.stderr)
    return Outcome(step, "passed", remark)
