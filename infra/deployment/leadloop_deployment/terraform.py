"""What is asked of Terraform: a plan that is shown, that very plan applied, and the outputs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from leadloop_deployment.bundle import Bundle
from leadloop_deployment.programs import Program

INSTALL = "https://developer.hashicorp.com/terraform/install, 1.9 or newer"

_CHANGES = 2
"""How a plan ends that holds changes: https://developer.hashicorp.com/terraform/cli/commands/plan."""


class Terraform:
    """infra/terraform for one bundle. Raises ``ProgramFailed`` when terraform does."""

    def __init__(self, bundle: Bundle, source: Path, packages: Path, work: Path) -> None:
        """``work``: a folder for plans and what init downloads, apart from the source."""
        self._bundle = bundle
        self._packages = packages.resolve()
        self._plan = work.resolve() / "plan"
        self._chdir = f"-chdir={source}"
        self._terraform = Program("terraform", INSTALL, {"TF_DATA_DIR": str(work.resolve() / "terraform")})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """A plan that was not agreed to is gone: it holds the settings in clear."""
        self._plan.unlink(missing_ok=True)

    def init(self) -> None:
        """Get the provider, and open the state of this bundle."""
        state = (f"-backend-config=bucket={self._bundle.state_bucket}", "-backend-config=prefix=leadloop")
        self._terraform.show(self._chdir, "init", "-input=false", "-reconfigure", *state)

    def plan(self, *targets: str, destroy: bool = False) -> bool:
        """Show what would be changed, and keep it for ``apply``. Whether there is anything."""
        only = [f"-target={target}" for target in targets]
        how = ["-destroy"] if destroy else []
        words = ("plan", "-input=false", "-detailed-exitcode", f"-out={self._plan}", *how, *only, *self._variables())
        return self._terraform.show(self._chdir, *words, good=(0, _CHANGES)) == _CHANGES

    def apply(self) -> None:
        """Do what was shown, and nothing that has come up since: a plan is good for one apply."""
        try:
            self._terraform.show(self._chdir, "apply", "-input=false", str(self._plan))
        finally:
            self._plan.unlink(missing_ok=True)

    def addresses(self) -> dict[str, str]:
        """Public function → its address."""
        read: dict[str, str] = json.loads(self._terraform.ask(self._chdir, "output", "-json", "addresses"))
        return read

    def _variables(self) -> Sequence[str]:
        bundle = self._bundle
        given = {
            "project": bundle.project,
            "region": bundle.region,
            "prefix": bundle.prefix,
            "policy": str(bundle.policy.resolve()),
            "packages": str(self._packages),
        }
        further = [f"-var-file={bundle.variables.resolve()}"] if bundle.variables else []
        return [*further, *(f"-var={name}={value}" for name, value in given.items())]
