"""Real chance."""

from __future__ import annotations

import os
import string

ALPHABET = string.ascii_lowercase + string.digits
LENGTH = 26
"""36 signs to the power of 26: 134 bits."""
_SIGNS = bytes(ord(ALPHABET[byte % len(ALPHABET)]) for byte in range(256))
_UNEVEN = bytes(range(256 - 256 % len(ALPHABET), 256))
"""Bytes that would make the first signs likelier than the others."""
_ENOUGH = 64
"""Bytes of which as good as never fewer than a token's signs are even."""


class SystemEntropy:
    """An ``Entropy`` from the operating system's generator."""

    def token(self) -> str:
        """See ``Entropy``."""
        signs = b""
        while len(signs) < LENGTH:
            signs = os.urandom(_ENOUGH).translate(_SIGNS, _UNEVEN)
        return signs[:LENGTH].decode()
