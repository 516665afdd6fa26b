"""Contact keys: HMAC-SHA256 of a normalised contact, under a ring of keys so that one can be replaced.

``LEADLOOP_HMAC_KEY`` holds the ring, newest first: ``k2:<hex>,k1:<hex>``. A contact is looked up
under all of them, and a lead that brings it from the site is filed under all. Whoever holds the key can
still test phone numbers one by one; it is a secret like any other.
"""

from __future__ import annotations

import hmac
import re
from functools import lru_cache
from typing import Literal, NamedTuple, Self, TypeAlias

from leadloop.identity.normalise import NORMALISER
from leadloop.secrets import HMAC_KEY, Secrets

ContactKind: TypeAlias = Literal["phone", "email"]

_ENTRY = re.compile(r"(?P<id>[a-z0-9]{1,16}):(?P<secret>(?:[0-9a-fA-F]{2}){32,64})")
_READY = re.compile(r"[0-9a-f]{64}")


class KeyMalformed(Exception):
    """A secret key is not in the form it must have. The message never holds the value."""

    def __init__(self, name: str, expected: str, source: str = "`leadloop init` printed it") -> None:
        super().__init__(f"{name} is malformed: expected {expected}; write it again as {source}")
        self.name = name


class ContactHash(NamedTuple):
    """The fields of a ``ContactKey``, made here and so not checked again."""

    kind: ContactKind
    key_id: str
    normaliser: str
    hmac: str

    @property
    def id(self) -> str:
        """``ContactKey.id``: the id of the key's document."""
        return "-".join(self)


class KeyRing:
    """HMAC keys by id, newest first."""

    def __init__(self, keys: tuple[tuple[str, hmac.HMAC], ...]) -> None:
        self._keys = keys
        """Each with what its HMACs begin with, which is copied for every one: half the work is done once."""

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

    def keys_of(self, kind: ContactKind, normalised: str) -> tuple[ContactHash, ...]:
        """The contact under every key, newest first: the first is written, all are looked up."""
        text = f"{kind}:{normalised}".encode()
        return tuple([ContactHash(kind, key_id, NORMALISER, _hmac(begun, text)) for key_id, begun in self._keys])

    def ready_key(self, kind: ContactKind, hexadecimal: str) -> ContactHash | None:
        """A key computed by the caller under the newest key; ``None`` unless it is 64 hexadecimal digits."""
        text = hexadecimal.strip().lower()
        return ContactHash(kind, self.newest, NORMALISER, text) if _READY.fullmatch(text) else None

    def signed(self, user_id: str, hexadecimal: str) -> bool:
        """Whether the site's server vouches for a UserID: HMAC-SHA256 of ``user:UserID`` under a key of the ring."""
        text = hexadecimal.strip().lower()
        if not _READY.fullmatch(text):
            return False
        vouched = f"user:{user_id}".encode()
        return any(hmac.compare_digest(_hmac(begun, vouched), text) for _, begun in self._keys)

    def keyed_digest(self, *parts: bytes) -> str:
        """128 bits that tell equal contents apart from different ones and cannot be tested by guessing."""
        framed = b"".join([len(part).to_bytes(8, "big") + part for part in parts])
        return _hmac(self._keys[0][1], framed)[:32]


@lru_cache(maxsize=2)
def _read_keys(text: str) -> tuple[tuple[str, hmac.HMAC], ...]:
    entries = [_ENTRY.fullmatch(part.strip()) for part in text.split(",")]
    secrets = [(entry["id"], bytes.fromhex(entry["secret"])) for entry in entries if entry is not None]
    keys = tuple((key_id, hmac.new(secret, digestmod="sha256")) for key_id, secret in secrets)
    if len(keys) != len(entries) or len(dict(keys)) != len(keys):
        expected = "`id:hex` pairs joined by commas, newest first, each id once, each key 32 to 64 bytes"
        raise KeyMalformed(HMAC_KEY, expected)
    return keys


def _hmac(begun: hmac.HMAC, text: bytes) -> str:
    whole = begun.copy()
    whole.update(text)
    return whole.hexdigest()
