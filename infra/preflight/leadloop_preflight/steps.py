"""The steps of the check, in the order in which they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from leadloop.policy.loader import STANDARD_NAME, load_policy
from leadloop_packaging.checkout import ROOT, packages_of
from leadloop_packaging.staging import stage
from leadloop_preflight import house_rules, module_tables
from leadloop_preflight.configuration import declared_in
from leadloop_preflight.faults import BindingsUnreadable, ToolMissing
from leadloop_preflight.outcome import Outcome
from leadloop_preflight.policy_scan import find_checkov, scanned
from leadloop_preflight.provider import served
from leadloop_preflight.provider_schema import ProviderSchema
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
        """Take the steps one after the other, the scanner beside the others, for it thinks for seconds."""
        with ThreadPoolExecutor(1) as beside:
            policies = beside.submit(lambda: list(self._unless_missing("policies", self._by_checkov)))
            yield house_rules.kept(self.folder)
            yield module_tables.fresh(self.folder)
            yield from self._unless_missing("terraform", self._by_terraform)
            yield from policies.result()

    def _by_terraform(self) -> Iterator[Outcome]:
        terraform = Terraform(find_terraform(), self.folder, self.build / "preflight" / "terraform")
        yield terraform.formatted()
        with served(self.schema()) as environment:
            terraform = replace(terraform, provider=environment)
            valid = terraform.valid()
            yield valid
            if valid.verdict == "passed":
                yield terraform.tested(_variables(self.build / "preflight" / "packages"))

    def schema(self) -> ProviderSchema:
        """Of what the folder's files name. Raises ``ToolMissing`` when the wheel was not loaded."""
        declared = declared_in(self.folder)
        resources, data_sources = (
            frozenset(one.labels[0] for one in declared if one.kind == kind) for kind in ("resource", "data")
        )
        return schema_of(pinned_wheel(self.build / "wheels"), Wanted(resources, data_sources), self.build / "preflight")

    def _by_checkov(self) -> Iterable[Outcome]:
        return [scanned(find_checkov(self.build / "checkov"), self.folder.parent)]

    def _unless_missing(self, step: str, outcomes: Callable[[], Iterable[Outcome]]) -> Iterator[Outcome]:
        try:
            yield from outcomes()
        except ToolMissing as fault:
            yield Outcome(step, "refused" if self.in_ci else "skipped", str(fault))
        except BindingsUnreadable as fault:
            yield Outcome(step, "refused", str(fault))


def _variables(folder: Path) -> dict[str, str]:
    """Packages of the example's policy: what `make package` would deploy, whatever functions there are by now."""
    stage(packages_of(ROOT, load_policy(_EXAMPLE)), folder)
    return {"packages": str(folder), "policy": str(_EXAMPLE)}
