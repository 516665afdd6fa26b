"""Chance that repeats itself, for tests and simulations only."""

from __future__ import annotations

import random
import threading

from leadloop.adapters.system_entropy import ALPHABET, LENGTH


class SeededEntropy:
    """An ``Entropy`` whose names follow from the seed: the same seed gives the same names in order."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 (to be predictable is the purpose)
        self._lock = threading.Lock()

    def token(self) -> str:
        """See ``Entropy``, but guessable by whoever knows the seed."""
        with self._lock:
            return "".join(self._chance.choices(ALPHABET, k=LENGTH))
