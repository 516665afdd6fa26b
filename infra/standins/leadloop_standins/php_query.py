"""Query strings with PHP's brackets: `filter[statuses][0][status_id]=142` is a map within a list within a map."""

from collections.abc import Iterable
from typing import Any

Nested = dict[str, Any]


def parse_query(pairs: Iterable[tuple[str, str]]) -> Nested:
    """Nested maps with text at the leaves; `[]` takes the next free number, a later value replaces an earlier."""
    root: Nested = {}
    for key, value in pairs:
        place = root
        *way, last = _path(key)
        for part in way:
            inner = place.setdefault(_key(place, part), {})
            if not isinstance(inner, dict):
                inner = place[part] = {}
            place = inner
        place[_key(place, last)] = value
    return root


def as_list(value: object) -> list[str]:
    """A filter that may be one value, several divided by commas, or a list in brackets."""
    if isinstance(value, dict):
        return [str(item) for item in value.values()]
    return str(value).split(",") if value not in (None, "") else []


def _path(key: str) -> list[str]:
    head, bracket, rest = key.partition("[")
    return [head, *rest.removesuffix("]").split("][")] if bracket else [head]


def _key(place: Nested, part: str) -> str:
    return part or str(len(place))
