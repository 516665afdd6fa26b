"""Standard Webhooks: whether a webhook was signed by somebody who holds one of our secrets, and just now.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from leadloop.identity.keys import KeyMalformed
from leadloop.secrets import Secrets
from leadloop.verdict import Verdict

TOLERANCE = timedelta(minutes=5)
"""How far the sender's time may be from ours, either way: a webhook that somebody recorded is soon worth nothing."""

HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")

_PREFIX = "whsec_"
_VERSION = "v1,"
_KEY_BYTES = range(24, 65)
_LONGEST_ID = 256
_MOST_SIGNATURES = 10


class Headers(Protocol):
    """A request's headers, as far as they are asked for."""

    def get(self, key: str, default: str, /) -> str: ...  # noqa: D102


class Stamp(NamedTuple):
    """What the headers of a webhook say of it, believed or not."""

    id: str
    """The same at every attempt to deliver one event."""
    timestamp: str
    signatures: tuple[str, ...]

    @classmethod
    def of(cls, headers: Headers) -> Stamp:
        """Read the headers; a missing one is empty."""
        signatures = headers.get("webhook-signature", "").split(" ")[:_MOST_SIGNATURES]
        return cls(headers.get("webhook-id", ""), headers.get("webhook-timestamp", ""), tuple(signatures))


def signing_keys(secrets: Secrets, name: str) -> tuple[bytes, ...]:
    """The keys in ``whsec_<base64>,whsec_<base64>``: two at once let a secret be changed without a gap.

    Raises ``SecretMissing``, or ``KeyMalformed`` without the value.
    """
    return tuple(_key(name, secret) for secret in secrets.several(name))


def judge(keys: tuple[bytes, ...], stamp: Stamp, body: bytes, now: datetime) -> Verdict:
    """Whether one of the keys signed exactly these bytes within ``TOLERANCE`` of ``now``.

    Every signature is compared with every key, in constant time, so that the answer's delay tells nothing.
    """
    if not stamp.id or len(stamp.id) > _LONGEST_ID or not stamp.id.isascii() or not stamp.id.isprintable():
        return Verdict(False, "webhook.id_missing", "expected the header webhook-id with the id of the event")
    if not stamp.timestamp.isascii() or not stamp.timestamp.isdecimal() or len(stamp.timestamp) > 11:
        return Verdict(False, "webhook.time_missing", "expected the header webhook-timestamp with Unix seconds")
    sent_at = datetime.fromtimestamp(int(stamp.timestamp), UTC)
    if abs(now - sent_at) > TOLERANCE:
        reason = "webhook-timestamp is more than five minutes from now: set the sender's clock, sign each attempt anew"
        return Verdict(False, "webhook.stale", reason)
    signed = b".".join((stamp.id.encode(), stamp.timestamp.encode(), body))
    expected = [base64.b64encode(hmac.digest(key, signed, "sha256")) for key in keys]
    given = [one.removeprefix(_VERSION).encode() for one in stamp.signatures if one.startswith(_VERSION)]
    if any([hmac.compare_digest(ours, theirs) for ours in expected for theirs in given]):
        return Verdict(True, "webhook.signed", "signed with a secret in force")
    reason = (
        "no signature in webhook-signature fits the bytes of the body and a secret in force: sign id.timestamp.body"
    )
    return Verdict(False, "webhook.unsigned", reason)


def _key(name: str, secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) not in _KEY_BYTES:
        expected = "`whsec_` and 24 to 64 bytes in base64, several joined by commas"
        raise KeyMalformed(name, expected, "it was agreed upon with who signs")
    return key
