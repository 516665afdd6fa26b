"""Finds texts that the provider's documentation does not allow: Terraform leaves them to the provider itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from leadloop_preflight.provider_schema import Block

Path: TypeAlias = tuple[str | int, ...]
"""Names of blocks and attributes, and places in a list."""


class Refusal(NamedTuple):
    """One text, where it stands, and why it may not."""

    path: Path
    reason: str


def refusals(block: Block, configured: object, path: Path = ()) -> Iterator[Refusal]:
    """What is wrong with the configured values of a block; those not known before the plan are let pass."""
    if not isinstance(configured, dict):
        return
    for name, attribute in block.attributes.items():
        for place, text in _texts(configured.get(name)):
            if attribute.allowed and text and text not in attribute.allowed:
                expected = ", ".join(attribute.allowed)
                yield Refusal((*path, name, *place), f"{name}: expected one of {expected}, found {text!r}")
    for name, nested in block.blocks.items():
        for index, one in enumerate(_each(configured.get(name))):
            # Terraform points at no member of a set.
            place = () if nested.nesting == "set" else (index,)
            yield from refusals(nested.block, one, (*path, name, *place))


def _texts(value: object) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield (), value
    elif isinstance(value, list):
        yield from ((((), one)) for one in value if isinstance(one, str))


def _each(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
