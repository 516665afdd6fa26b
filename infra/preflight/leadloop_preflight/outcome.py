"""What a step of the check came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Outcome:
    """A step and what was found: ``remark`` is for the line that is always shown, ``findings`` for what was refused."""

    step: str
    verdict: Literal["passed", "refused", "skipped"]
    remark: str
    findings: str = ""
