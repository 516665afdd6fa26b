"""Real chance."""

from __future__ import annotations

import secrets
import string

ALPHABET = string.ascii_lowercase + string.digits
LENGTH = 26
"""36 signs to the power of 26: 134 bits."""
_TOKENS = len(ALPHABET) ** LENGTH
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
_UNITS = [len(_PAIRS) ** place for place in range(LENGTH // 2)]


class SystemEntropy:
    """An ``Entropy`` from the operating system's generator."""

    def token(self) -> str:
        """See ``Entropy``."""
        number = secrets.randbelow(_TOKENS)
        return "".join([_PAIRS[number // unit % len(_PAIRS)] for unit in _UNITS])
