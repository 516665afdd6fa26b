"""A JSON body as paths and texts."""

from __future__ import annotations

import json
from typing import TypeAlias

# An object is the tuple of the pairs it was written in, so that a name written twice is still seen twice.
_Object: TypeAlias = "tuple[tuple[str, _Node], ...]"
_Node: TypeAlias = "str | bool | _Object | list[_Node] | None"

_READER = json.JSONDecoder(object_pairs_hook=tuple, parse_int=str, parse_float=str, parse_constant=str, strict=False)


class JsonUnreadable(ValueError):
    """The body is not JSON, or holds no fields; the reason never quotes it."""


def fields_of_json(text: str, max_depth: int) -> list[tuple[tuple[str, ...], str]]:
    """Paths and texts of a JSON object. Raises ``JsonUnreadable``.

    Numbers keep their literal digits. ``null`` means the same as no field. A list of one object is
    that object; a list of ``{"name", "value"}`` (jQuery's ``serializeArray``) is a form. What is nested
    deeper than ``max_depth`` is passed over.
    """
    try:
        root: _Node = _READER.decode(text)
    except json.JSONDecodeError as fault:
        raise JsonUnreadable(f"broken JSON at character {fault.pos}: {fault.msg}") from None
    except RecursionError:
        raise JsonUnreadable("JSON nested too deep to be a form") from None
    top = _root_object(root)
    found: list[tuple[tuple[str, ...], str]] = [((name,), value) for name, value in top if isinstance(value, str)]
    if len(found) < len(top):
        found.clear()
        _walk(top, (), max_depth, found)
    return found


def _root_object(root: _Node) -> _Object:
    if isinstance(root, list):
        objects = [item for item in root if isinstance(item, tuple)]
        if objects and len(objects) == len(root):
            if all({"name", "value"} <= {name for name, _ in item} for item in objects):
                return tuple([_named_value(item) for item in objects])
            if len(objects) == 1:
                return objects[0]
    if not isinstance(root, tuple):
        raise JsonUnreadable("expected a JSON object with fields")
    return root


def _named_value(item: _Object) -> tuple[str, _Node]:
    named = dict(item)
    return str(named["name"]), named["value"]


def _walk(node: _Node, path: tuple[str, ...], depth: int, found: list[tuple[tuple[str, ...], str]]) -> None:
    if depth < 0:
        return
    if isinstance(node, str):
        found.append((path, node))
    elif isinstance(node, tuple):
        for name, value in node:
            _walk(value, (*path, name), depth - 1, found)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            _walk(value, (*path, str(index)), depth - 1, found)
    else:
        found.append((path, {True: "true", False: "false", None: ""}[node]))
