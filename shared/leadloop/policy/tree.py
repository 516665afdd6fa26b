"""What a policy file holds before it is checked, whatever notation it was written in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from leadloop.json_types import Json
from leadloop.policy.faults import Fault

Path: TypeAlias = tuple[str | int, ...]


@dataclass
class Tree:
    """The values of a file, where each stands, and what its form got wrong."""

    values: Json = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def path_text(path: Path) -> str:
    """A path as people write it: ``site.origins[0]``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
