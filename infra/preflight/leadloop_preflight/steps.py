"""The steps of the check, in the order in which they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from leadloop.policy import load_policy
from leadloop.policy.loader import STANDARD_NAME
from leadloop_packaging.checkout import ROOT, packages_of
from leadloop_packaging.staging import stage
from leadloop_preflight.configuration import declared_in
from leadloop_preflight.faults import BindingsUnreadable, ToolMissing
from leadloop_preflight.outcome import Outcome
from leadloop_preflight.provider import served
from leadloop_preflight.provider_wheel import Wanted, pinned_wheel, schema_of
from leadloop_preflight.terraform import Terraform, find_terraform

_EXAMPLE = ROOT / "examples" / "real_estate" / STANDARD_NAME


@dataclass(frozen=True)
class Preflight:
    """The whole check of one folder of Terraform files; ``build`` holds what is loaded once and made on the way."""

    folder: Path
    build: Path
    in_ci: bool
    """A tool that is missing is a fault there, where everything was installed on purpose."""

    def outcomes(self) -> Iterator[Outcome]:
        """Take the steps one after the other."""
        yield from self._unless_missing("terraform", self._by_terraform)

    def _by_terraform(self) -> Iterator[Outcome]:
        terraform = Terraform(find_terraform(), self.folder, self.build / "preflight" / "terraform")
        yield terraform.formatted()
        schema = schema_of(pinned_wheel(self.build / "wheels"), wanted_in(self.folder), self.build / "preflight")
        with served(schema) as environment:
            terraform = Terraform(terraform.program, terraform.folder, terraform.kept, environment)
            valid = terraform.valid()
            yield valid
            if valid.verdict == "passed":
                yield terraform.tested(_variables(self.build / "preflight" / "packages"))

    def _unless_missing(self, step: str, outcomes: Callable[[], Iterator[Outcome]]) -> Iterator[Outcome]:
        try:
            yield from outcomes()
        except ToolMissing as fault:
            yield Outcome(step, "refused" if self.in_ci else "skipped", str(fault))
        except BindingsUnreadable as fault:
            yield Outcome(step, "refused", str(fault))


def wanted_in(folder: Path) -> Wanted:
    """The provider's resources and data sources that a configuration names."""
    declared = declared_in(folder)
    return Wanted(
        frozenset(one.labels[0] for one in declared if one.kind == "resource"),
        frozenset(one.labels[0] for one in declared if one.kind == "data"),
    )


def _variables(folder: Path) -> dict[str, str]:
    """Packages of the example's policy: what `make package` would deploy, whatever functions there are by now."""
    stage(packages_of(ROOT, load_policy(_EXAMPLE)), folder)
    return {"packages": str(folder), "policy": str(_EXAMPLE)}
