"""Access tokens: long-lived ones, and OAuth with refresh tokens that work once.

Sources: https://www.amocrm.ru/developers/content/oauth/oauth and step-by-step. Lives are counted in domain time.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CODE_LIFE = 20 * 60
ACCESS_LIFE = 24 * 3600
REFRESH_LIFE = 90 * 24 * 3600


@dataclass(frozen=True)
class Integration:
    """What is registered in the account; `redirect_uri` must be repeated letter for letter."""

    client_id: str
    client_secret: str
    redirect_uri: str


@dataclass
class _Grant:
    client_id: str
    expires_at: int
    used: bool = False


class GrantRefused(Exception):
    """The token endpoint says no; `hint` is the line by which clients tell the reasons apart."""

    def __init__(self, status: int, hint: str) -> None:
        super().__init__(hint)
        self.status = status
        self.hint = hint

    def body(self) -> dict[str, Any]:
        """As amoCRM words it."""
        title = "Некорректный запрос"
        kind = "https://developers.amocrm.ru/v3/errors/OAuthProblemJson"
        detail = "В запросе отсутствует ряд параметров или параметры невалидны"
        return {"hint": self.hint, "title": title, "type": kind, "status": self.status, "detail": detail}


class Tokens:
    """Every token of the account."""

    def __init__(self) -> None:
        self._integrations: dict[str, Integration] = {}
        self._long_lived: set[str] = set()
        self._access: dict[str, int] = {}
        self._codes: dict[str, _Grant] = {}
        self._refresh: dict[str, _Grant] = {}
        self._issued = 0

    def add_long_lived(self, token: str) -> None:
        """A token from the integration's "keys" tab; used like an access token, without refreshing."""
        self._long_lived.add(token)

    def revoke(self, token: str) -> None:
        """Makes a token of any kind worthless; harmless for an unknown one."""
        self._long_lived.discard(token)
        self._access.pop(token, None)
        self._refresh.pop(token, None)

    def register(self, integration: Integration) -> None:
        """An integration that may ask for tokens."""
        self._integrations[integration.client_id] = integration

    def add_code(self, client_id: str, code: str, at: int) -> None:
        """What a person gets by pressing the button: good once, for 20 minutes."""
        self._codes[code] = _Grant(client_id, at + CODE_LIFE)

    def add_refresh_token(self, client_id: str, token: str, at: int) -> None:
        """A refresh token that an earlier life of the integration holds."""
        self._refresh[token] = _Grant(client_id, at + REFRESH_LIFE)

    def admits(self, token: str, now: int) -> bool:
        """Whether the bearer may call the API."""
        return token in self._long_lived or self._access.get(token, 0) > now

    def knows_refresh_token(self, token: str, now: int) -> bool:
        """Whether a refresh token would still work."""
        grant = self._refresh.get(token)
        return grant is not None and not grant.used and grant.expires_at > now

    def exchange(self, request: Mapping[str, Any], now: int) -> dict[str, Any]:
        """Gives a pair of tokens for a code or a refresh token and kills what was given; GrantRefused otherwise."""
        integration = self._integrations.get(str(request.get("client_id")))
        if integration is None or request.get("client_secret") != integration.client_secret:
            raise GrantRefused(401, "Client authentication failed")
        if request.get("redirect_uri") != integration.redirect_uri:
            raise GrantRefused(400, "Check the `redirect_uri` parameter")
        grant = self._grant_of(request)
        if grant is None or grant.used or grant.client_id != integration.client_id:
            raise GrantRefused(401, "Token has been revoked")
        if grant.expires_at <= now:
            raise GrantRefused(401, "Token has expired")
        grant.used = True
        return self._issue(integration.client_id, now)

    def _grant_of(self, request: Mapping[str, Any]) -> _Grant | None:
        if request.get("grant_type") == "authorization_code":
            return self._codes.get(str(request.get("code")))
        if request.get("grant_type") == "refresh_token":
            return self._refresh.get(str(request.get("refresh_token")))
        raise GrantRefused(400, "Check the `grant_type` parameter")

    def _issue(self, client_id: str, now: int) -> dict[str, Any]:
        self._issued += 1
        access = _jwt({"aud": client_id, "jti": self._issued, "iat": now, "exp": now + ACCESS_LIFE})
        refresh = "def50200" + hashlib.sha512(f"refresh {client_id} {self._issued}".encode()).hexdigest()
        self._access[access] = now + ACCESS_LIFE
        self.add_refresh_token(client_id, refresh, now)
        frame = {"token_type": "Bearer", "expires_in": ACCESS_LIFE, "server_time": now}
        return {**frame, "access_token": access, "refresh_token": refresh}


def _jwt(claims: Mapping[str, Any]) -> str:
    """Shaped like the vendor's token; nobody is meant to verify it."""
    parts = [_base64url(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "RS256"}, claims)]
    signature = hashlib.sha512(".".join(parts).encode()).digest() * 4
    return ".".join([*parts, _base64url(signature)])


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
