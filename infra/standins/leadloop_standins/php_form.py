"""Nested values as PHP's http_build_query writes them: the body of an amoCRM webhook and of a Bitrix24 event."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus


def encode_form(document: Mapping[str, Any]) -> str:
    """`{"leads": {"add": [{"id": 1}]}}` becomes `leads%5Badd%5D%5B0%5D%5Bid%5D=1`.

    Spaces are `+`; numbers and flags become text (True is 1). None and empty lists and maps leave no trace, which is
    why an empty tracking field arrives without `values`.
    """
    pairs = ((_name(path), value) for path, value in _leaves(document, ()))
    return "&".join(f"{_escape(name)}={_escape(value)}" for name, value in pairs)


def _leaves(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, (*path, str(key)))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, str(index)))
    elif value is not None:
        yield path, str(int(value)) if isinstance(value, bool) else str(value)


def _name(path: tuple[str, ...]) -> str:
    return path[0] + "".join(f"[{part}]" for part in path[1:])


def _escape(text: str) -> str:
    # PHP also escapes the tilde, which Python leaves alone.
    return quote_plus(text, safe="").replace("~", "%7E")
