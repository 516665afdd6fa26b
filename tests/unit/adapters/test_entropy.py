"""Unguessable names, and guessable ones for simulations."""

from __future__ import annotations

import math
import re

from contract.together import together
from leadloop.adapters.seeded_entropy import SeededEntropy
from leadloop.adapters.system_entropy import ALPHABET, LENGTH, SystemEntropy

TOKEN = re.compile(r"[a-z0-9]{26}")


def test_a_token_has_26_letters_and_digits_and_over_128_bits() -> None:
    tokens = {SystemEntropy().token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(TOKEN.fullmatch(token) for token in tokens)
    assert set("".join(tokens)) == set(ALPHABET)
    assert LENGTH * math.log2(len(ALPHABET)) > 128


def test_the_same_seed_gives_the_same_tokens_and_another_seed_others() -> None:
    first, again, other = SeededEntropy(1), SeededEntropy(1), SeededEntropy(2)
    tokens = [first.token() for _ in range(50)]
    assert tokens == [again.token() for _ in range(50)]
    assert not set(tokens) & {other.token() for _ in range(50)}
    assert len(set(tokens)) == 50
    assert all(TOKEN.fullmatch(token) for token in tokens)


def test_threads_never_share_a_seeded_token() -> None:
    entropy = SeededEntropy(1)
    tokens = [token for some in together(8, lambda _: [entropy.token() for _ in range(50)]) for token in some]
    assert len(set(tokens)) == 400
