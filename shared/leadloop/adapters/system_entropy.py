"""Real chance."""

from __future__ import annotations

import secrets
import string

ALPHABET = string.ascii_lowercase + string.digits
LENGTH = 26
"""36 signs to the power of 26: 134 bits."""


class SystemEntropy:
    """An ``Entropy`` from the operating system's generator."""

    def token(self) -> str:
        """See ``Entropy``."""
        return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
