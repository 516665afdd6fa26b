"""Real chance."""

from __future__ import annotations

import secrets
import string

ALPHABET = string.ascii_lowercase + string.digits
LENGTH = 26
"""36 signs to the power of 26: 134 bits."""
_TOKENS = len(ALPHABET) ** LENGTH


class SystemEntropy:
    """An ``Entropy`` from the operating system's generator."""

    def token(self) -> str:
        """See ``Entropy``."""
        number, signs = secrets.randbelow(_TOKENS), []
        for _ in range(LENGTH):
            number, sign = divmod(number, len(ALPHABET))
            signs.append(ALPHABET[sign])
        return "".join(signs)
