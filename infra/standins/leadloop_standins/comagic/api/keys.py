"""Access keys: permanent ones, temporary ones with a last day, and sessions of one hour.

Sources: https://comagic.github.io/data_api/ (users and authentication) and authentication/login_user.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

from ..tracker.communications import Actor
from .refusals import RpcRefused

SESSION_LIFE = 3600

Rights = Literal["all", "read"]


@dataclass(frozen=True)
class User:
    """A user of the cabinet; every key is somebody's. `rights` are those of his sessions."""

    id: int
    login: str
    password: str = ""
    rights: Rights = "all"


@dataclass
class Key:
    """What `access_token` names. `expires_at` None lives for ever."""

    user: User
    rights: Rights = "all"
    expires_at: int | None = None
    is_session: bool = False
    is_blocked: bool = False

    @property
    def actor(self) -> Actor:
        """Whoever holds the key, as marks tell it."""
        return Actor(user_id=self.user.id, login=self.user.login)


class Keys:
    """Every user and key of the account. Times are Unix seconds of the stand-in's calendar."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self._keys: dict[str, Key] = {}
        self.sessions_begun = 0

    def add(self, token: str, key: Key) -> None:
        """A key made in the cabinet."""
        self.users.setdefault(key.user.login, key.user)
        self._keys[token] = key

    def block(self, token: str) -> bool:
        """Blocks a key in the cabinet; False for an unknown one."""
        key = self._keys.get(token)
        if key is not None:
            key.is_blocked = True
        return key is not None

    def remove(self, token: str) -> bool:
        """Deletes a key, also by leaving a session; False for an unknown one."""
        return self._keys.pop(token, None) is not None

    def log_in(self, login: str, password: str, now: int) -> tuple[str, int]:
        """A session key and when it ends; RpcRefused for a wrong pair."""
        user = self.users.get(login)
        if user is None or not user.password or user.password != password:
            raise RpcRefused("auth_error")
        self.sessions_begun += 1
        token = hashlib.sha256(f"session {self.sessions_begun} of {login}".encode()).hexdigest()[:40]
        self._keys[token] = Key(user, user.rights, now + SESSION_LIFE, is_session=True)
        return token, now + SESSION_LIFE

    def admit(self, token: str, now: int, ended_session: str) -> Key:
        """The key of a token that may call; RpcRefused says which of the three ways it fails. The token is not told."""
        key = self._keys.get(token)
        if key is None:
            raise RpcRefused("access_token_invalid", "access_token")
        if key.is_blocked:
            raise RpcRefused("access_token_blocked", "access_token")
        if key.expires_at is not None and key.expires_at <= now:
            raise RpcRefused(ended_session if key.is_session else "access_token_expired", "access_token")
        return key

    @property
    def count(self) -> int:
        """How many keys there are, sessions included."""
        return len(self._keys)
