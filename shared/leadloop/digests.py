"""Deterministic identifiers: the same facts always get the same id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from pydantic_core import to_json

from leadloop.json_types import Json

_write = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def digest(*parts: Json, length: int = 32) -> str:
    """A hexadecimal id of the given JSON parts, stable across processes and versions.

    128 bits by default: enough that two different facts never meet in one collection.
    Never feed it a raw phone or e-mail; those are keyed first (see ``leadloop.identity``).
    """
    return hashlib.sha256(_write(parts).encode()).hexdigest()[:length]


def text_digest(*parts: str | Sequence[str] | Mapping[str, str]) -> str:
    """``digest`` of parts that are texts alone, the same id at half the price.

    Pydantic's writer writes texts as ``json`` does, but it writes other numbers, and sorts nothing.
    """
    ordered = [dict(sorted(part.items())) if isinstance(part, dict) else part for part in parts]
    return hashlib.sha256(to_json(ordered)).hexdigest()[:32]


def follow_up_id(event_id: str, step: str, *parts: Json) -> str:
    """The id of a message published because of another: repeatable, so a re-run repeats the id."""
    return digest("follow-up", event_id, step, list(parts))


def content_digest(chunks: Sequence[bytes]) -> str:
    """SHA-256 of bytes given in pieces, in full length: proof that a body is the same body."""
    hasher = hashlib.sha256()
    for chunk in chunks:
        hasher.update(chunk)
    return hasher.hexdigest()
