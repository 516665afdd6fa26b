"""Sealing to the owner's public key: anyone can put something in, only the owner can read it.

libsodium's sealed box (X25519, XSalsa20-Poly1305; https://doc.libsodium.org/public-key_cryptography/sealed_boxes).
It draws an ephemeral key from the operating system, so the same content seals to another text each
time: never derive an id from a sealed text.
"""

from __future__ import annotations

import base64
import binascii

from leadloop.identity.keys import KeyMalformed

_EXPECTED = "32 bytes in base64 (44 characters)"


class SealUnreadable(Exception):
    """A sealed text was not sealed to this key, or was damaged."""

    def __init__(self) -> None:
        super().__init__(
            "a sealed text cannot be opened: it was sealed to another key or damaged; "
            "use the private key that was in force when it was sealed"
        )


def seal(public_key: str, content: bytes) -> str:
    """Seal bytes to a public key (base64); the result is base64 text. Raises ``KeyMalformed``."""
    from nacl.public import PublicKey, SealedBox  # 20 ms that a post with nothing to seal does not pay

    box = SealedBox(PublicKey(_key(public_key, "contacts.public_key")))
    return base64.b64encode(box.encrypt(content)).decode()


def unseal(private_key: str, text: str) -> bytes:
    """Open a sealed text with the private key (base64). Raises ``KeyMalformed`` or ``SealUnreadable``."""
    from nacl.exceptions import CryptoError
    from nacl.public import PrivateKey, SealedBox

    box = SealedBox(PrivateKey(_key(private_key, "LEADLOOP_SEAL_PRIVATE_KEY")))
    try:
        return bytes(box.decrypt(base64.b64decode(text, validate=True)))
    except (CryptoError, ValueError, TypeError):
        raise SealUnreadable from None


def _key(text: str, name: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise KeyMalformed(name, _EXPECTED)
    return key
