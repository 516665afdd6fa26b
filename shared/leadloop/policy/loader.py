"""``leadloop.yaml`` from text to ``Policy``, with the line of every setting kept."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from operator import eq
from pathlib import Path as FilePath

from pydantic import ValidationError

from leadloop.json_types import Json
from leadloop.policy.crm import section_meant
from leadloop.policy.faults import Fault, PolicyInvalid, place
from leadloop.policy.models import Policy
from leadloop.policy.tree import Path, Tree, path_text

STANDARD_NAME = "leadloop.yaml"


@dataclass(frozen=True)
class PolicySource:
    """A policy as it was written: its text read, its lines known."""

    name: str
    _tree: Tree
    _options: tuple[str, ...] = ()
    """Settings that were given another value; what is wrong now, they brought about."""

    @classmethod
    def of_text(cls, text: str, name: str = STANDARD_NAME) -> PolicySource:
        """Read the form of a policy; what it says is checked by ``policy``. Never raises."""
        from leadloop.policy.yaml_tree import read_tree  # a package reads JSON, and does not pay for YAML

        return cls(name, read_tree(text.removeprefix("\ufeff")))

    @classmethod
    def of_file(cls, path: FilePath) -> PolicySource:
        """Read a policy file: YAML, of which JSON is a part. Raises ``PolicyInvalid`` without one in UTF-8."""
        try:
            content = path.read_bytes()
        except OSError as error:
            text = f"cannot be read ({error.strerror}); name the policy file, or write a new one with `leadloop init`"
            raise PolicyInvalid(str(path), [Fault("", None, text)]) from None
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise PolicyInvalid(path.name, [Fault("", line, "not UTF-8 text; save the file as UTF-8")]) from None
        return cls.of_text(text, path.name)

    @cached_property
    def policy(self) -> Policy:
        """The policy. Raises ``PolicyInvalid`` with every fault, in the order of the file."""
        faults = list(self._tree.faults)
        policy = None
        if not isinstance(self._tree.values, dict):
            if not faults:
                faults.append(self._no_sections())
        else:
            try:
                policy = Policy.model_validate(self._tree.values)
            except ValidationError as error:
                faults.extend(self._faults(error))
        if policy is None or faults:
            raise PolicyInvalid(self.name, sorted(faults, key=lambda fault: (fault.line or 0, fault.path)))
        return policy

    def line_of(self, path: str) -> int | None:
        """The line a setting such as ``goals.lead_sold.stage`` stands on; ``None`` when it is not written."""
        return self._lines.get(path)

    def cite(self, path: str) -> str:
        """Where a setting stands, for the reason of a verdict: ``leadloop.yaml:14 goals.lead_sold.stage``."""
        line = self.line_of(path)
        return f"{self.name} {path} (standard)" if line is None else place(self.name, line, path)

    def with_value(self, path: str, value: str) -> PolicySource:
        """The same policy with another value, written as in YAML, at a path such as ``duplicates.window``.

        Whether there is such a setting, and whether it may hold that, ``policy`` says; to be asked of a valid policy,
        because every fault is told of the values that were changed.
        """
        from leadloop.policy.yaml_tree import read_tree

        read = read_tree(value)
        values = deepcopy(self._tree.values) if isinstance(self._tree.values, dict) else {}
        section: dict[str, Json] = values
        *sections, name = path.split(".")
        for one in sections:
            inner = section.get(one)
            section[one] = section = inner if isinstance(inner, dict) else {}
        section[name] = read.values
        faults = [Fault(path, None, fault.text, f"--{path}") for fault in read.faults]
        tree = Tree(values, self._tree.lines, [*self._tree.faults, *faults])
        return PolicySource(self.name, tree, (*self._options, path))

    @cached_property
    def _lines(self) -> dict[str, int]:
        return {path_text(path): line for path, line in self._tree.lines.items() if path}

    def _no_sections(self) -> Fault:
        from leadloop.policy.wording import shown

        found = "an empty file" if self._tree.values is None else shown(self._tree.values)
        expected = "expected the sections site, contacts, crm and goals"
        return Fault("", 1, f"{expected}, found {found}; write a new policy with `leadloop init`")

    def _faults(self, error: ValidationError) -> Iterator[Fault]:
        # Only a faulty policy pays for the words.
        from leadloop.policy.wording import say, suggestion

        written = self._tree.values
        crm = section_meant(written.get("crm") if isinstance(written, dict) else None)
        details = error.errors(include_url=False)
        for detail in details:
            detail["loc"] = tuple(step for step in detail["loc"] if step != "[key]")
        unknown = [detail["loc"] for detail in details if detail["type"] == "extra_forbidden"]
        told: dict[str, set[Path]] = {
            "missing": {(*path[:-1], suggestion(path, crm) or "") for path in unknown},
            "too_short": {detail["loc"][:-1] for detail in details},
        }
        told_by_form = {fault.path for fault in self._tree.faults}
        for detail in details:
            path = detail["loc"]
            if path not in told.get(detail["type"], ()) and path_text(path) not in told_by_form:
                yield self._fault(path, say(detail, crm))

    def _fault(self, path: Path, text: str) -> Fault:
        place = path_text(path)
        if not self._options:
            return Fault(place, self._nearest_line(path), text)
        shared = {option: _steps_in_common(place, option) for option in self._options}
        nearest = [option for option, steps in shared.items() if steps == max(shared.values())]
        is_in_option = any(shared[option] == len(_steps(option)) for option in nearest)
        line = None if is_in_option else self._lines.get(place)
        return Fault(place, line, text, " or ".join(f"--{option}" for option in nearest))

    def _nearest_line(self, path: Path) -> int:
        """The line of a setting, or of the innermost section around it that is written."""
        while path and path not in self._tree.lines:
            path = path[:-1]
        return self._tree.lines.get(path, 1)


def _steps(place: str) -> list[str]:
    return place.replace("[", ".[").split(".")


def _steps_in_common(one: str, other: str) -> int:
    """How many steps two paths share before they part."""
    return len(list(takewhile(bool, map(eq, _steps(one), _steps(other)))))


def read_policy(text: str, name: str = STANDARD_NAME) -> Policy:
    """The policy a text holds. Raises ``PolicyInvalid``."""
    return PolicySource.of_text(text, name).policy


def load_policy(path: FilePath) -> Policy:
    """The policy in a file. Raises ``PolicyInvalid``."""
    return PolicySource.of_file(path).policy
