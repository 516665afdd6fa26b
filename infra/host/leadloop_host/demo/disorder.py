"""What a bus that promises only "at least once, in any order" may do to a message, decided by a seed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from hashlib import sha256


class Fate(Enum):
    """How one subscription gets one message."""

    ONCE = "once"
    TWICE_AT_ONCE = "twice at once"
    """Two calls at the same time."""
    AGAIN_LATER = "again later"
    """Once more after others have come, maybe days later."""
    OVERTAKEN = "overtaken"
    """Held back until a message that came later has passed, or until nothing is left that could."""


@dataclass(frozen=True)
class Disorder:
    """Shares of messages, each from 0 to 1, that do not simply come once."""

    seed: str
    twice_at_once: float = 0.15
    again_later: float = 0.15
    overtaken: float = 0.2

    def fate(self, subscription: str, event_id: str) -> Fate:
        """The same for the same seed, subscription and event, whenever it comes."""
        drawn = int.from_bytes(sha256(f"{self.seed}\n{subscription}\n{event_id}".encode()).digest()[:4], "big") / 2**32
        for share, fate in (
            (self.twice_at_once, Fate.TWICE_AT_ONCE),
            (self.again_later, Fate.AGAIN_LATER),
            (self.overtaken, Fate.OVERTAKEN),
        ):
            if drawn < share:
                return fate
            drawn -= share
        return Fate.ONCE


ORDERLY = Disorder("", 0, 0, 0)
"""Every message once, as it comes."""
