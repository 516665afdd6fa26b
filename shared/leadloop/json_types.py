"""The value types a document, a fact or a message may hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from typing_extensions import TypeAliasType

# A named alias, because pydantic resolves the recursion of no other kind.
Json = TypeAliasType("Json", "bool | int | float | str | list[Json] | dict[str, Json] | None")
JsonObject: TypeAlias = dict[str, Json]


def json_list(items: Iterable[Json]) -> list[Json]:
    """The items as a JSON array: lists are invariant, so a ``list[str]`` is not one by itself."""
    return list(items)
