"""Which of the fields that a deal is to show are written, given what stands there. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple


class AttachChoice(NamedTuple):
    """Names of fields."""

    written: tuple[str, ...]
    replaced: frozenset[str]
    """Those among them that hold something else now."""
    kept: tuple[str, ...]
    """Fields that hold something else and are left alone."""


def choose(
    values: Mapping[str, str], held: Mapping[str, str], ours: Collection[str], replace: Collection[str]
) -> AttachChoice:
    """Empty fields are filled; those in ``replace`` are written over, and so is an id of a lead that is not ours."""
    differing = [name for name, text in values.items() if name in held and held[name] != text.strip()]
    foreign = [name for name in differing if name == "leadloop_id" and held[name] not in ours]
    wanted = [name for name in differing if name in replace and name not in foreign]
    kept = tuple(name for name in differing if name not in {*replace, "leadloop_id"})
    written = [name for name in values if name not in held or name in foreign]
    return AttachChoice((*written, *wanted), frozenset((*foreign, *wanted)), kept)
