"""What a call of amoCRM's API is let in with, and what becomes of one that is not let in."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Protocol

from leadloop import timestamps
from leadloop.crm.token_expiry import TokenEnd
from leadloop.ports.http import NotSent
from leadloop.secrets import AMOCRM_TOKEN, SecretMissing, Secrets


class TokenUnavailable(NotSent):
    """There is no token to call with now, so nothing was sent; the work is put off."""

    def __init__(self, operation: str, found: str) -> None:
        super().__init__("amocrm", operation, found)


class Access(Protocol):
    """Where the token of a call comes from."""

    def token(self, operation: str) -> str:
        """A token that is in force as far as is known. Raises ``TokenUnavailable``, or ``StoreUnavailable``."""
        ...

    def another(self, operation: str, rejected: str) -> str | None:
        """A token to try after a 401, which did nothing; ``None`` when none would fare better. Raises as ``token``."""
        ...

    def end(self) -> TokenEnd | None:
        """When access ends unless a person does something; ``None`` when nobody knows. Raises ``StoreUnavailable``."""
        ...


class LongLivedToken:
    """An ``Access`` by the token of the integration's keys: one for years, from the environment."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def token(self, operation: str) -> str:
        """See ``Access``."""
        try:
            return self._secrets.get(AMOCRM_TOKEN)
        except SecretMissing as missing:
            raise TokenUnavailable(operation, str(missing)) from None

    def another(self, operation: str, rejected: str) -> str | None:
        """See ``Access``. There is one only."""
        del operation, rejected
        return None

    def end(self) -> TokenEnd | None:
        """See ``Access``. The token tells it itself."""
        try:
            at = expiry_of(self._secrets.get(AMOCRM_TOKEN))
        except SecretMissing:
            return None
        what_to_do = f"make a new long-lived token in the integration's keys, and put it into {AMOCRM_TOKEN}"
        return None if at is None else TokenEnd(at, what_to_do)


def expiry_of(token: str) -> datetime | None:
    """When a token says that it ends: amoCRM's are JWTs (RFC 7519 §4.1.4). ``None`` if it says nothing readable."""
    _, _, rest = token.partition(".")
    claims = rest.partition(".")[0]
    try:
        told = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        ends = told.get("exp") if isinstance(told, dict) else None
        return timestamps.from_unix(ends) if isinstance(ends, int) and not isinstance(ends, bool) else None
    except (ValueError, OverflowError, OSError):
        return None
