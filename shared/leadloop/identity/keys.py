"""Contact keys: HMAC-SHA256 of a normalised contact, under a ring of keys so that one can be replaced.

``LEADLOOP_HMAC_KEY`` holds the ring, newest first: ``k2:<hex>,k1:<hex>``. A contact is looked up
under all of them, and a lead that brings it from the site is filed under all. Whoever holds the key can
still test phone numbers one by one; it is a secret like any other.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, Self, TypeAlias

from leadloop.identity.normalise import NORMALISER
from leadloop.messages import ContactKey
from leadloop.secrets import HMAC_KEY, Secrets

ContactKind: TypeAlias = Literal["phone", "email"]

_ENTRY = re.compile(r"(?P<id>[a-z0-9]{1,16}):(?P<secret>(?:[0-9a-fA-F]{2}){32,64})")
_READY = re.compile(r"[0-9a-f]{64}")


class KeyMalformed(Exception):
    """A secret key is not in the form it must have. The message never holds the value."""

    def __init__(self, name: str, expected: str, source: str = "`leadloop init` printed it") -> None:
        super().__init__(f"{name} is malformed: expected {expected}; write it again as {source}")
        self.name = name


@dataclass(frozen=True)
class KeyRing:
    """HMAC keys by id, newest first."""

    _keys: tuple[tuple[str, bytes], ...] = field(repr=False)

    @classmethod
    def of(cls, secrets: Secrets) -> Self:
        """The ring in the environment. Raises ``SecretMissing`` or ``KeyMalformed``, without the value."""
        return cls.read(secrets.get(HMAC_KEY))

    @classmethod
    def read(cls, text: str) -> Self:
        """Read ``k2:<hex>,k1:<hex>``. Raises ``KeyMalformed`` without the value."""
        return cls(_read_keys(text))

    @property
    def newest(self) -> str:
        """Id of the key that contacts are written under."""
        return self._keys[0][0]

    @property
    def oldest(self) -> str:
        """Id of the key that has been here longest."""
        return self._keys[-1][0]

    def keys_of(self, kind: ContactKind, normalised: str) -> tuple[ContactKey, ...]:
        """The contact under every key, newest first: the first is written, all are looked up."""
        return tuple(_contact_key(kind, key_id, _hmac(secret, f"{kind}:{normalised}")) for key_id, secret in self._keys)

    def ready_key(self, kind: ContactKind, hexadecimal: str) -> ContactKey | None:
        """A key computed by the caller under the newest key; ``None`` unless it is 64 hexadecimal digits."""
        text = hexadecimal.strip().lower()
        return _contact_key(kind, self.newest, text) if _READY.fullmatch(text) else None

    def signed(self, user_id: str, hexadecimal: str) -> bool:
        """Whether the site's server vouches for a UserID: HMAC-SHA256 of ``user:UserID`` under a key of the ring."""
        text = hexadecimal.strip().lower()
        if not _READY.fullmatch(text):
            return False
        return any(hmac.compare_digest(_hmac(secret, f"user:{user_id}"), text) for _, secret in self._keys)

    def keyed_digest(self, *parts: bytes) -> str:
        """128 bits that tell equal contents apart from different ones and cannot be tested by guessing."""
        framed = b"".join([len(part).to_bytes(8, "big") + part for part in parts])
        return hmac.digest(self._keys[0][1], framed, "sha256").hex()[:32]


@lru_cache(maxsize=2)
def _read_keys(text: str) -> tuple[tuple[str, bytes], ...]:
    entries = [_ENTRY.fullmatch(part.strip()) for part in text.split(",")]
    keys = tuple((entry["id"], bytes.fromhex(entry["secret"])) for entry in entries if entry is not None)
    if len(keys) != len(entries) or len(dict(keys)) != len(keys):
        expected = "`id:hex` pairs joined by commas, newest first, each id once, each key 32 to 64 bytes"
        raise KeyMalformed(HMAC_KEY, expected)
    return keys


def _hmac(secret: bytes, text: str) -> str:
    return hmac.digest(secret, text.encode(), "sha256").hex()


def _contact_key(kind: ContactKind, key_id: str, hexadecimal: str) -> ContactKey:
    return ContactKey(kind=kind, key_id=key_id, normaliser=NORMALISER, hmac=hexadecimal)
