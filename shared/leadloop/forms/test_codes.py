"""The mark of a test lead: a code in the address of the page that the form was sent from, ``?leadloop_test=CODE``.

A code is made under the owner's HMAC key, for one form post and a quarter of an hour, so nobody can mark real leads as
tests to hide them: neither by making codes up, nor by spreading one that was seen.
"""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timedelta

from leadloop import timestamps
from leadloop.identity.keys import KeyRing

PARAMETER = "leadloop_test"
GOOD_FOR = timedelta(minutes=15)
"""As long as `leadloop test-lead` may wait for it."""

_CODE = re.compile(r"(?P<name>[a-z0-9]{10})(?P<until>[0-9a-f]{8})(?P<seal>[0-9a-f]{16})")
_NAME_LENGTH, _SEAL_LENGTH = 10, 16


def new_code(ring: KeyRing, token: str, now: datetime) -> str:
    """A code for one form post. ``token``: fresh letters and digits, whose beginning names the test."""
    name, until = token[:_NAME_LENGTH], f"{int((now + GOOD_FOR).timestamp()):08x}"
    return name + until + _seal(ring, name, until)


def read_code(ring: KeyRing, code: str, now: datetime) -> str | None:
    """The name of the test that a code was made for; ``None`` for one that this bundle did not make, or that is over.

    Only the newest key counts: a code outlives no rotation.
    """
    parts = _CODE.fullmatch(code)
    if parts is None or not hmac.compare_digest(_seal(ring, parts["name"], parts["until"]), parts["seal"]):
        return None
    return parts["name"] if now <= timestamps.from_unix(int(parts["until"], 16)) else None


def name_of(code: str) -> str:
    """The name of the test of a code that was just made."""
    return code[:_NAME_LENGTH]


def _seal(ring: KeyRing, name: str, until: str) -> str:
    return ring.keyed_digest(b"test_lead", name.encode(), until.encode())[:_SEAL_LENGTH]
