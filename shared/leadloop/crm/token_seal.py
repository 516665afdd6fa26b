"""Sealing the tokens that rest in the store: a copy of the database opens no account.

libsodium's secret box (XSalsa20-Poly1305; https://doc.libsodium.org/secret-key_cryptography/secretbox), under a key
made of the integration's client secret and of what the tokens are for. It draws a nonce from the operating system.
"""

from __future__ import annotations

import base64
import hmac

from leadloop.identity.sealing import SealUnreadable


class TokenSeal:
    """Closes what only the holder of a secret opens, and only for the same purpose: another account is another key."""

    def __init__(self, secret: str, purpose: str) -> None:
        self._key = hmac.digest(secret.encode(), f"leadloop tokens of {purpose}".encode(), "sha256")

    def close(self, content: bytes) -> str:
        """The content, sealed, as base64 text; another text each time."""
        from nacl.secret import SecretBox  # only who has tokens in the store pays for it

        return base64.b64encode(SecretBox(self._key).encrypt(content)).decode()

    def open(self, text: str) -> bytes:
        """What was sealed. Raises ``SealUnreadable``."""
        from nacl.exceptions import CryptoError
        from nacl.secret import SecretBox

        try:
            return bytes(SecretBox(self._key).decrypt(base64.b64decode(text, validate=True)))
        except (CryptoError, ValueError, TypeError):
            raise SealUnreadable from None
