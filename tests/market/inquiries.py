"""One inquiry of the market: what reaches us of it, and what is true of it.

The truth is written down by whoever invents the inquiry, at the moment of inventing; nothing here asks leadloop.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

NONE = "none"
"""The label of a lead that has no source."""


@dataclass(frozen=True)
class Post:
    """A form as a browser sends it."""

    fields: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def body(self) -> bytes:
        """The fields in the form that the headers declare."""
        if "json" in self.headers["Content-Type"]:
            return json.dumps(dict(self.fields)).encode()
        return urlencode(self.fields).encode()


@dataclass(frozen=True)
class Deal:
    """A deal that was born in the CRM, or that a site lead became."""

    number: str
    source: Mapping[str, str] = field(default_factory=dict)
    """What its source fields show, by the names of ``crm.fields``."""
    overwritten: tuple[str, str] | None = None
    """Old and new text of utm_source, where somebody overwrote it."""
    sold_at: datetime | None = None


@dataclass(frozen=True)
class Inquiry:
    """One lead of the market. ``post`` is ``None`` for one that only the CRM knows."""

    name: str
    at: datetime
    kind: str
    """What story it is from: ``family``, ``kiosk``, ``bot_honeypot`` …"""
    human: str
    """Who it is; of a bot each invented person is one."""
    contacts: frozenset[str]
    """``phone:79991234567``, ``email:a@b.example``: what was typed, however it was spelt."""
    source: str
    post: Post | None = None
    deal: Deal | None = None
    client_id: str | None = None
    """The ClientID that the form came with."""
    has_ids: bool = False
    """Whether it came with any id of an ad system: that, or a click."""
    times_sent: int = 1
    """More than once: the same submission came again over a bad connection, and is still one lead."""

    @property
    def is_bot(self) -> bool:
        return self.kind.startswith("bot_")
