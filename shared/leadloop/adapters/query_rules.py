"""What a query means, the same for every store: who matches, in which order, and where a page ends.

As in Firestore, a range compares only values of its own type, and a document lacking the ordered
field is left out. Order across types: null, numbers, text, booleans, lists, maps (Firestore puts
booleans before numbers; no declared query orders by one). Lists among themselves, and maps, are
ordered by id alone.
"""

from __future__ import annotations

import base64
import json
import operator
import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from leadloop.adapters.document_size import COLLECTION, document_size
from leadloop.json_types import Json, JsonObject
from leadloop.ports.store import Document, Key, Query, Where

_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

OrderValue: TypeAlias = tuple[int, float | str | bool]

NULL, NUMBER, TEXT, BOOLEAN, LIST, MAP = range(6)


class Position(NamedTuple):
    """Where a document stands in a query's order."""

    value: OrderValue | None
    id: str


class Shape(NamedTuple):
    """A query taken apart by what each condition does."""

    collection: str
    equalities: tuple[Where, ...]
    member: Where | None
    bounds: tuple[Where, ...]
    order: str | None


def shape_of(query: Query) -> Shape:
    """Take a query apart. Raises ``ValueError`` on one that some store could not do."""
    equalities = tuple(where for where in query.where if where.operator == "==")
    members = tuple(where for where in query.where if where.operator == "array_contains")
    bounds = tuple(where for where in query.where if where.operator in _COMPARE)
    ranged = {where.path for where in bounds}
    paths = [where.path for where in query.where] + ([query.order_by] if query.order_by else [])
    if not COLLECTION.fullmatch(query.collection) or not all(_PATH.fullmatch(path) for path in paths):
        raise _undoable(query, "a collection or a path that is not names of a-z, 0-9 and _ (joined by dots)")
    if len(members) > 1 or len(ranged) > 1 or (ranged and query.order_by not in {None, *ranged}):
        raise _undoable(query, "more than one array_contains, or a range on another field than the ordered one")
    if not all(where.value is None or isinstance(where.value, bool | int | float | str) for where in equalities):
        raise _undoable(query, "an equality with something else than null, a boolean, a number or text")
    if any(where.value is None or isinstance(where.value, list) for where in members):
        raise _undoable(query, "an array_contains with null or a list, which Firestore finds in no list")
    ranks = {order_value(where.value)[0] for where in bounds}
    if len(ranks) > 1 or not ranks <= {NUMBER, TEXT}:
        raise _undoable(query, "a range whose bounds are not all numbers, nor all text")
    if query.limit < 1:
        raise _undoable(query, f"a limit of {query.limit}")
    order = query.order_by or (bounds[0].path if bounds else None)
    return Shape(query.collection, equalities, members[0] if members else None, bounds, order)


def _undoable(query: Query, found: str) -> ValueError:
    return ValueError(f"a query of {query.collection} cannot be done: found {found}")


def field_at(fields: JsonObject, path: str) -> tuple[Json] | None:
    """The value at a dotted path, in a tuple to tell null from absent; ``None`` where there is none."""
    value: Json = fields
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    return (value,)


def order_value(value: Json) -> OrderValue:
    """A value as something that compares: its type's rank, then itself."""
    match value:
        case None:
            return (NULL, 0)
        case bool():
            return (BOOLEAN, value)
        case int() | float():
            return (NUMBER, value)
        case str():
            return (TEXT, value)
        case list():
            return (LIST, 0)
        case _:
            return (MAP, 0)


def member_text(value: Json) -> str:
    """A list's member as text, equal exactly when Firestore finds the members equal."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def matches(shape: Shape, fields: JsonObject) -> bool:
    """Whether a document of the collection belongs to the query."""
    if shape.order is not None and field_at(fields, shape.order) is None:
        return False
    return all(_holds(where, fields) for where in (*shape.equalities, *shape.bounds)) and (
        shape.member is None or _holds_member(shape.member, fields)
    )


def _holds(where: Where, fields: JsonObject) -> bool:
    found = field_at(fields, where.path)
    if found is None:
        return False
    rank, value = order_value(found[0])
    expected_rank, expected = order_value(where.value)
    if rank != expected_rank or rank in {LIST, MAP}:
        return False
    return value == expected if where.operator == "==" else _COMPARE[where.operator](value, expected)


def _holds_member(where: Where, fields: JsonObject) -> bool:
    found = field_at(fields, where.path)
    if found is None or not isinstance(found[0], list):
        return False
    expected = member_text(where.value)
    return any(member_text(member) == expected for member in found[0])


def position(shape: Shape, document_id: str, fields: JsonObject) -> Position:
    """Where a matching document stands."""
    found = None if shape.order is None else field_at(fields, shape.order)
    return Position(None if found is None else order_value(found[0]), document_id)


def write_cursor(shape: Shape, last: Document) -> str:
    """The opaque cursor of the page that ends with this document."""
    text = json.dumps(position(shape, last.key.id, last.fields), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode()


def read_cursor(shape: Shape, cursor: str, *, whole: bool = False) -> Position:
    """Read a cursor. Raises ``ValueError`` when it is not one of this query.

    ``whole``: the value it stands at is the field's own, also where ``order_value`` knows nothing but the type.
    """
    try:
        value, document_id = json.loads(base64.urlsafe_b64decode(cursor))
        place = Position(None if value is None else _told_value(*value, whole=whole), document_id)
        document_size(Key(shape.collection, document_id), {} if value is None else {"value": value[1]})
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise ValueError("a cursor cannot be read: expected one from an earlier page; start from the first") from None
    bound = order_value(shape.bounds[0].value)[0] if shape.bounds else None
    if (place.value is None) != (shape.order is None) or (place.value and bound not in {None, place.value[0]}):
        raise ValueError("a cursor belongs to another query: expected one from an earlier page of this one")
    return place


def _told_value(rank: int, value: Any, *, whole: bool) -> OrderValue:  # noqa: ANN401
    """The value a cursor says it stands at. Raises ``ValueError`` when it is of another type than it says."""
    has_value = whole or rank in {NUMBER, TEXT, BOOLEAN}
    if (order_value(value)[0] != rank) if has_value else (value != 0):
        raise ValueError(f"a value of another rank than {rank}")
    return (rank, value)
