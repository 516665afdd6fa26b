"""What a process wrote into its log."""

from __future__ import annotations

import json
from typing import Any


def entries_of(log: str, severity: str) -> list[dict[str, Any]]:
    """The entries of a severity; what is told to people and what a server says of itself stand between."""
    entries = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return [entry for entry in entries if entry.get("severity") == severity]
