"""Fresh keys from the operating system's chance."""

from __future__ import annotations

import base64
import binascii
import secrets


class SystemKeys:
    """Makes the keys of an installation. Whoever calls it keeps them; nothing is remembered here."""

    def hmac_key(self) -> str:
        """A ring of one key, ``k1:<64 hexadecimal digits>``, as ``LEADLOOP_HMAC_KEY`` holds it."""
        return f"k1:{secrets.token_hex(32)}"

    def hook_secret(self) -> str:
        """128 bits of small letters and digits, fit for a path."""
        return secrets.token_hex(16)

    def signing_secret(self) -> str:
        """``whsec_`` and 32 bytes in base64, as Standard Webhooks has it, for ``LEADLOOP_SIGNED_SECRET``."""
        return f"whsec_{_text(secrets.token_bytes(32))}"

    def seal_pair(self) -> tuple[str, str]:
        """A key pair for sealing as base64: the private key, the public key."""
        from nacl.public import PrivateKey

        key = PrivateKey.generate()
        return _text(bytes(key)), _text(bytes(key.public_key))

    def public_key_of(self, private_key: str) -> str:
        """The public key (base64) of a private one. Raises ``ValueError``, without the value, when it is malformed."""
        from nacl.public import PrivateKey

        try:
            key = base64.b64decode(private_key, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != PrivateKey.SIZE:
            raise ValueError("expected 32 bytes in base64 (44 characters)")
        return _text(bytes(PrivateKey(key).public_key))


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode("ascii")
