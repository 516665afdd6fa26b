"""The report of ``leadloop check``, for people and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from leadloop import manifest as manifests
from leadloop.cli.secret_forms import State, Variable, look
from leadloop.json_types import JsonObject
from leadloop.manifest import Manifest
from leadloop.numerals import counted
from leadloop.policy import Policy, PolicyInvalid
from leadloop.policy.account_review import review_days
from leadloop.policy.faults import place
from leadloop.policy.findings import Finding, Level
from leadloop.policy.loader import PolicySource
from leadloop.policy.plain_words import changes, tell
from leadloop.policy.review import review, review_schedules


class ManifestUnreadable(Exception):
    """``functions.yaml`` is not where it was said to be, or is at fault."""


@dataclass(frozen=True)
class Report:
    """What was understood, how the environment stands, and every remark."""

    source: PolicySource
    policy: Policy
    manifest: Manifest | None
    variables: tuple[Variable, ...]
    endpoints: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing stands in the way of starting."""
        return not any(finding.level is Level.ERROR for finding in self.findings)

    def as_text(self) -> Iterator[str]:
        """The report for a person, line by line."""
        machine = [("Schedules (UTC)", self._schedules()), ("Environment", self._environment())]
        for title, lines in [*tell(self.policy), *machine]:
            yield title
            yield from (f"  {line}" for line in lines)
            yield ""
        for finding in self.findings:
            yield f"{finding.level}: {self._place(finding)}{finding.text} [{finding.rule}]"
        counts = [counted(number, level) for level in Level if (number := self._count(level))]
        yield f"{self.source.name} is {'understood' if self.ok else 'not ready'}: {', '.join(counts) or 'no remarks'}"

    def as_json(self) -> JsonObject:
        """The same for a program. Holds no secret: of variables only their state."""
        return {
            "ok": self.ok,
            "policy": self.source.name,
            "understood": self.policy.model_dump(mode="json"),
            "plain_words": {title: list(lines) for title, lines in tell(self.policy)},
            "changed": [dict(change._asdict()) for change in changes(self.policy)],
            "schedules": dict(self._crons()),
            "environment": [
                {"name": name, "state": str(state), "reason": reason, "read_by": list(read_by)}
                for name, state, reason, read_by in self.variables
            ],
            "endpoints": list(self.endpoints),
            "findings": [
                {"level": str(level), "rule": rule, "path": path, "line": self.source.line_of(path), "text": text}
                for level, rule, path, text in self.findings
            ],
        }

    def _place(self, finding: Finding) -> str:
        line = self.source.line_of(finding.path)
        return place(self.source.name, line, finding.path) + ": " if finding.path else ""

    def _count(self, level: Level) -> int:
        return sum(finding.level is level for finding in self.findings)

    def _crons(self) -> Iterator[tuple[str, str]]:
        for name, function in self.manifest.functions.items() if self.manifest else ():
            if function.schedule:
                yield name, self.policy.schedules.get(name, function.schedule)

    def _schedules(self) -> list[str]:
        return [
            f"{name}: {cron}{' (policy)' if name in self.policy.schedules else ''}" for name, cron in self._crons()
        ] or ["not known without functions.yaml"]

    def _environment(self) -> list[str]:
        lines = [
            f"{name}: {state}{f' ({reason})' if reason else ''}; read by {', '.join(read_by)}"
            for name, state, reason, read_by in self.variables
        ]
        lines += [f"{name}: set; requests go there instead of to the vendor" for name in self.endpoints]
        return lines or ["not known without functions.yaml"]


def report(
    source: PolicySource,
    policy: Policy,
    manifest: Manifest | None,
    environment: Mapping[str, str],
    public_key_of: Callable[[str], str],
    today: date,
) -> Report:
    """Look at everything that can be known offline."""
    variables = tuple(look(manifest, environment, policy, public_key_of)) if manifest else ()
    endpoints = tuple(sorted(name for name in environment if name.startswith("LEADLOOP_ENDPOINT_")))
    findings = [*review(policy), *review_days(policy, today), *(review_schedules(policy, manifest) if manifest else ())]
    findings += [finding for variable in variables for finding in _about(variable)]
    if manifest is None:
        text = "without functions.yaml schedules and secrets were not looked at; name its folder with --functions"
        findings.append(Finding(Level.NOTE, "manifest.not_found", "", text))
    order = list(Level)
    findings.sort(key=lambda finding: order.index(finding.level))
    return Report(source, policy, manifest, variables, endpoints, tuple(findings))


def refusal(invalid: PolicyInvalid) -> JsonObject:
    """The JSON answer about a policy that cannot be used."""
    return {
        "ok": False,
        "policy": invalid.name,
        "faults": [{"path": fault.path, "line": fault.line, "text": fault.text} for fault in invalid.faults],
    }


def load_manifest(folder: Path | None) -> Manifest | None:
    """The manifest of a folder, or of this checkout when none is named; ``None`` when there is none.

    Raises ``ManifestUnreadable``.
    """
    path = folder / "functions.yaml" if folder is not None else _own_manifest()
    if path is None:
        return None
    try:
        return manifests.load(path)
    except OSError as error:
        hint = "name its folder with --functions"
        raise ManifestUnreadable(f"{path} cannot be read ({error.strerror}); {hint}") from None
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise ManifestUnreadable(f"{path} is at fault: {faults}") from None


def _own_manifest() -> Path | None:
    folders = [*Path(__file__).resolve().parents, Path.cwd()]
    return next((path for folder in folders if (path := folder / "functions" / "functions.yaml").is_file()), None)


def _about(variable: Variable) -> Iterator[Finding]:
    if variable.state is State.MALFORMED:
        yield Finding(Level.ERROR, "environment.malformed", "", f"{variable.name} {variable.reason}")
    elif variable.state is State.MISSING:
        level, why, cost = Level.WARNING, "", "; neither `leadloop serve` nor `make deploy` does without it"
        if variable.reason:
            level, why, cost = Level.NOTE, f" ({variable.reason})", ""
        text = f"{variable.name} is not set{why}; set it in the environment or in .env beside the policy{cost}"
        yield Finding(level, "environment.missing", "", text)
