"""What every decision returns: the answer, the rule that gave it, and why."""

from __future__ import annotations

from typing import NamedTuple


class Verdict(NamedTuple):
    """A decision that can be explained.

    ``rule`` is a stable identifier (``window.will_link``) fit for counting; ``reason`` is a
    sentence for a person and never holds personal data or a secret.
    """

    ok: bool
    rule: str
    reason: str

    def __bool__(self) -> bool:
        """The answer itself, so that ``if verdict`` means what it says, not tuple length."""
        return self.ok
