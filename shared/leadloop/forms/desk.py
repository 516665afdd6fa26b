"""Where a builder's post is taken: what may be asked besides its fields, and how a sender is refused."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl

from leadloop import answers
from leadloop.answers import HttpAnswer
from leadloop.policy.forms import Forms
from leadloop.secrets import Secrets


class FormRefused(Exception):
    """A post that is not kept; ``answer`` says why. The reason never quotes it."""

    def __init__(self, reason: str, what_to_do: str) -> None:
        super().__init__(reason)
        self.what_to_do = what_to_do

    @property
    def answer(self) -> HttpAnswer:
        """401, with what to do."""
        return answers.error(401, "form_not_proven", str(self), self.what_to_do)


class Desk(NamedTuple):
    """What a builder's file may ask besides the fields."""

    forms: Forms
    secrets: Secrets
    wsgi: Mapping[str, str] = {}
    """The request as WSGI has it: https://peps.python.org/pep-3333/#environ-variables"""

    def parameter(self, name: str) -> str:
        """A header of that name, else a parameter of the address, or nothing."""
        header = self.wsgi.get(f"HTTP_{name.upper().replace('-', '_')}", "")
        return header or dict(parse_qsl(self.wsgi.get("QUERY_STRING", ""))).get(name, "")

    def demand(self, secret: str, offered: str, sender: str, where: str) -> None:
        """Refuse a post that does not bring a secret. Raises ``FormRefused`` or ``SecretMissing``.

        ``where`` says where the sender's own settings hold it. It is compared in a time that tells nothing of it.
        """
        known = self.secrets.several(secret)
        if not any([hmac.compare_digest(one.encode(), offered.encode("utf-8", "replace")) for one in known]):
            found = "another" if offered else "none"
            reason = f"a post of {sender} must bring the key in {secret}, found {found}"
            raise FormRefused(reason, f"write the same key into {secret} and into {where}")
