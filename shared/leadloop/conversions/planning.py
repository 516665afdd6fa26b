"""What the next run would do, found by the very selection the run uses. Nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sized
from dataclasses import dataclass, field

from leadloop.conversions.rows import FileForm, form_of
from leadloop.conversions.selection import Choice, Selection, Sendable, Withheld
from leadloop.ports.store import Store

SHOWN = 5
"""So many rows of each file, and so many leads of each reason, a person is shown."""


@dataclass
class PlannedFile:
    """Rows of one form. They are divided into files of the policy's size when they are sent."""

    rows: int = 0
    shown: list[Sendable] = field(default_factory=list)


@dataclass
class Plan:
    """What would be sent, and what not and why. ``most``: how many of a kind are kept to be shown; ``None``: all."""

    most: int | None = SHOWN
    files: dict[FileForm, PlannedFile] = field(default_factory=dict)
    withheld: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Withheld]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """All rows that would be sent."""
        return sum(file.rows for file in self.files.values())

    def add(self, choice: Choice) -> None:
        """Count one lead in."""
        for sendable in choice.sendable:
            file = self.files.setdefault(form_of(sendable.claim), PlannedFile())
            file.rows += 1
            if self._has_room(file.shown):
                file.shown.append(sendable)
        for withheld in choice.withheld:
            self.withheld[withheld.verdict.rule] += 1
            examples = self.examples.setdefault(withheld.verdict.rule, [])
            if self._has_room(examples):
                examples.append(withheld)

    def _has_room(self, kept: Sized) -> bool:
        return self.most is None or len(kept) < self.most


def plan(selection: Selection, store: Store, most: int | None = SHOWN) -> Plan:
    """Decide on every lead with unclaimed conversions, the nearest deadline first."""
    found = Plan(most)
    for page in selection.pages(store):
        for choice in page:
            found.add(choice)
    return found
