"""What a policy can get wrong, said so that its owner can put it right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Fault(NamedTuple):
    """One thing to correct: where in the file, on which line, and what was expected, found and to be done."""

    path: str
    """Path in the file, such as ``goals.lead_sold.stage``; empty for the file as a whole."""
    line: int | None
    """Counted from 1; ``None`` when there is no file to count in."""
    text: str
    option: str = ""
    """The option of a command whose value brings it about, such as ``--duplicates.window``; empty: the file does."""


class PolicyInvalid(Exception):
    """The policy cannot be used; ``faults`` lists everything found wrong with it, in the order of the file."""

    def __init__(self, name: str, faults: Sequence[Fault]) -> None:
        self.name = name
        self.faults = tuple(faults)
        super().__init__("\n".join(self.lines))

    @property
    def lines(self) -> list[str]:
        """One line for each fault, such as ``leadloop.yaml:14 goals.lead_sold.stage: …``."""
        return [f"{self._place(fault)}: {fault.text}" for fault in self.faults]

    def _place(self, fault: Fault) -> str:
        if not fault.option:
            return place(self.name, fault.line, fault.path)
        elsewhere = place(self.name, fault.line, fault.path) if fault.line is not None else fault.path
        return fault.option if fault.option == f"--{fault.path}" else f"{fault.option}: {elsewhere}"


def place(name: str, line: int | None, path: str) -> str:
    """A place in a policy file as messages cite it."""
    return " ".join(part for part in (name if line is None else f"{name}:{line}", path) if part)
