"""The pair of tokens as it rests in the store, and whether somebody renews it: the document is the lease on that too.

One document, so that a lease and what it guards cannot disagree; each step is a commit under the version that was read.
The tokens are sealed, the times are not.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import NamedTuple

from leadloop import timestamps
from leadloop.crm.amocrm.grants import REFRESH_LIFE, Pair
from leadloop.crm.token_seal import TokenSeal
from leadloop.identity.sealing import SealUnreadable
from leadloop.json_types import Json, JsonObject
from leadloop.ports.store import Create, Document, Key, Store, Update

RENEWED_BEFORE = timedelta(hours=2)
"""How long before its end an access token is due to be replaced. Until then it is used on: so long the token endpoint
may be down, and nobody notices."""
LONGEST_WAIT = timedelta(hours=1)
"""The longest a renewal waits for anybody. What says longer was written by a clock that ran ahead, and holds nobody."""
KEY = Key("token", "amocrm")


class Tokens(NamedTuple):
    """A pair, since when, how long, and how far a renewal of it has got. Holds secrets; never print it."""

    access: str
    refresh: str
    obtained_at: datetime
    access_until: datetime
    refresh_until: datetime
    begun_at: datetime | None = None
    """When a renewal began that is not known to have ended: its answer may be lost, and ``refresh`` worthless."""
    waits_until: datetime | None = None
    """Before this nobody begins another renewal."""
    version: str = ""
    """Of the document it was read from."""

    @classmethod
    def of(cls, pair: Pair, asked_at: datetime) -> Tokens:
        """What was asked for at a moment, and given."""
        return cls(pair.access, pair.refresh, asked_at, asked_at + pair.life, asked_at + REFRESH_LIFE)

    def is_waiting(self, now: datetime) -> bool:
        """Whether a renewal is under way, or not to be tried yet."""
        return self.waits_until is not None and now < self.waits_until <= now + LONGEST_WAIT

    def is_due(self, now: datetime) -> bool:
        """Whether to renew it now."""
        return self.access_until - now < RENEWED_BEFORE and not self.is_waiting(now)


def read(store: Store, seal: TokenSeal) -> Tokens | None:
    """What rests; ``None`` before the first authorisation. Raises ``SealUnreadable`` or ``StoreUnavailable``."""
    [document] = store.get_many([KEY])
    return None if document is None else _tokens(document, seal)


def write(store: Store, seal: TokenSeal, tokens: Tokens, over: str | None) -> None:
    """Put tokens in the place of the version ``over``, or where there were none.

    Raises ``PreconditionFailed`` or ``StoreUnavailable``.
    """
    fields = _fields(tokens, seal)
    store.commit([Create(KEY, fields) if over is None else Update(KEY, fields, over)])


def _fields(tokens: Tokens, seal: TokenSeal) -> JsonObject:
    content = json.dumps({"access": tokens.access, "refresh": tokens.refresh}).encode()
    return {
        "sealed": seal.close(content),
        "obtained_at": timestamps.to_text(tokens.obtained_at),
        "access_until": timestamps.to_text(tokens.access_until),
        "refresh_until": timestamps.to_text(tokens.refresh_until),
        "begun_at": timestamps.to_text(tokens.begun_at) if tokens.begun_at else None,
        "waits_until": timestamps.to_text(tokens.waits_until) if tokens.waits_until else None,
    }


def _tokens(document: Document, seal: TokenSeal) -> Tokens:
    held = document.fields
    try:
        pair = json.loads(seal.open(str(held["sealed"])))
        return Tokens(
            pair["access"],
            pair["refresh"],
            obtained_at=_instant(held["obtained_at"]),
            access_until=_instant(held["access_until"]),
            refresh_until=_instant(held["refresh_until"]),
            begun_at=_instant(held["begun_at"]) if held["begun_at"] else None,
            waits_until=_instant(held["waits_until"]) if held["waits_until"] else None,
            version=document.version,
        )
    except (ValueError, LookupError, TypeError):
        raise SealUnreadable from None


def _instant(written: Json) -> datetime:
    return timestamps.from_text(str(written))
