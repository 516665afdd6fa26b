"""What leadloop itself fails at: a defect of ours that one entity or one account meets must hold up no other."""

from __future__ import annotations

from pathlib import Path
from traceback import extract_tb

from leadloop.ports.http import OutcomeUnknown

OF_OURS = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
"""What code raises that meets what its author did not think of."""


class NotUnderstood(OutcomeUnknown):
    """leadloop failed at what an account said. Tells where, and nothing of what was read."""

    what_to_do = "report this line to leadloop's developers; it is tried again at every pull, and holds up nothing else"

    def __init__(self, crm: str, defect: Exception) -> None:
        where = extract_tb(defect.__traceback__)[-1]
        super().__init__(crm, "read", f"{type(defect).__name__} in {where.name} ({Path(where.filename).name})")
