"""What keeps a text from being a vendor's token, told before the vendor is asked with it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from leadloop.doctor.check import Check, Stage, State
from leadloop.secrets import SecretMissing, Secrets

_WORDS = ("bearer", "oauth", "token")
"""What stands before a token in the header that it is sent in, and is often copied along."""


def fault_of(token: str) -> str:
    """What is wrong, in words that hold nothing of it; empty for what may be a token."""
    word = next((one for one in _WORDS if re.match(rf"{one}[\s:]", token, re.IGNORECASE)), "")
    if word:
        return f"begins with the word {word.capitalize() if word != 'oauth' else 'OAuth'}, which is no part of it"
    if not token.isascii():
        return "holds a letter that is not Latin, perhaps a Cyrillic one that looks like it"
    if re.fullmatch(r"[!-~]*", token) is None:
        return "holds a space or a line's end"
    return ""


def token_checks(stage: Stage, rule: str, secrets: Secrets, name: str) -> Iterator[Check]:
    """The fault of a token that is set, if it has any."""
    try:
        fault = fault_of(secrets.get(name))
    except SecretMissing:
        return
    if fault:
        found = f"the token in {name} {fault}"
        yield Check(stage, rule, State.ERROR, found, f"copy the token again, and write it alone into {name}")
