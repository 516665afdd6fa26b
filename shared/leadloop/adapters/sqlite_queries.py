"""Queries as SQL, and the index each one needs.

A field is compared as one SQL value whose order is that of ``query_rules``: SQLite puts numbers
before text before blobs, so null becomes minus infinity (no document holds that) and the rest,
blobs. Collections and paths are checked names and stand in the SQL as they are, because SQLite
uses a partial index only when it can see the collection. One difference remains: SQLite compares
text only up to a NUL character.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from leadloop.adapters import query_rules
from leadloop.adapters.query_rules import (
    BOOLEAN,
    LIST,
    MAP,
    NULL,
    NUMBER,
    TEXT,
    OrderValue,
    Position,
    Shape,
    order_value,
)
from leadloop.ports.store import Query

SqlValue: TypeAlias = float | str | bytes
_LEAST: dict[int, SqlValue] = {NULL: -math.inf, NUMBER: -sys.float_info.max, TEXT: "", BOOLEAN: b""}
"""Where the values of a type begin."""
_BLOBS = {(BOOLEAN, False): b"\x01", (BOOLEAN, True): b"\x02", (LIST, 0): b"\x03", (MAP, 0): b"\x04"}


@dataclass(slots=True)
class Statement:
    """SQL and the values for its question marks."""

    sql: str
    values: list[SqlValue] = field(default_factory=list)

    def demand(self, condition: str, *values: SqlValue) -> None:
        """Add a condition."""
        self.sql += f" AND {condition}"
        self.values += values


def indexes(queries: Iterable[Query]) -> dict[str, str]:
    """Index name to the statement that makes it, for all queries that the primary key does not serve."""
    shapes = [query_rules.shape_of(query) for query in queries]
    return dict(_index(shape) for shape in shapes if _indexed_paths(shape))


def member_paths(queries: Iterable[Query]) -> dict[str, dict[str, str | None]]:
    """Collection to the paths whose lists are asked for their members, each to the field some query orders them by.

    Raises ``ValueError`` for members that are asked for in two orders: the table keeps one beside that of ids.
    """
    paths: dict[str, dict[str, str | None]] = {}
    for shape in map(query_rules.shape_of, queries):
        if shape.member:
            of_collection = paths.setdefault(shape.collection, {})
            ordered_by = of_collection.get(shape.member.path)
            if shape.order and ordered_by not in {None, shape.order}:
                raise ValueError(f"members of {shape.collection} {shape.member.path} in order of {ordered_by} too")
            of_collection[shape.member.path] = shape.order or ordered_by
    return paths


def page(query: Query, cursor: str | None, present: Container[str]) -> Statement:
    """The documents of one page (id, version, body) and one more, if there is one.

    ``present`` are the names of the indexes there are; the query's own is used if it is among them.
    """
    shape = query_rules.shape_of(query)
    statement = Statement(f"SELECT documents.id, documents.version, documents.body {_source(shape, present)}")
    after = None if cursor is None else query_rules.read_cursor(shape, cursor)
    _restrict(statement, shape, after)
    order = [*([_ordered(shape, shape.order)] if shape.order else []), _id(shape)]
    statement.sql += f" ORDER BY {', '.join(order)} LIMIT {query.limit + 1:d}"
    return statement


def count(query: Query, present: Container[str]) -> Statement:
    """How many documents match."""
    shape = query_rules.shape_of(query)
    statement = Statement(f"SELECT count(*) {_source(shape, present)}")
    _restrict(statement, shape, None)
    return statement


def _indexed_paths(shape: Shape) -> list[str]:
    paths = [*sorted(where.path for where in shape.equalities), *([shape.order] if shape.order else [])]
    return [] if shape.member else paths


def _index_name(shape: Shape) -> str:
    equal = ", ".join(sorted(where.path for where in shape.equalities))
    return (
        shape.collection + (f" with {equal}" if equal else "") + (f" in order of {shape.order}" if shape.order else "")
    )


def _index(shape: Shape) -> tuple[str, str]:
    columns = ", ".join([*map(_comparable, _indexed_paths(shape)), "id"])
    filled = f" AND {_comparable(shape.order)} IS NOT NULL" if shape.order else ""
    name = _index_name(shape)
    return name, f"CREATE INDEX \"{name}\" ON documents ({columns}) WHERE collection = '{shape.collection}'{filled}"


def _comparable(path: str) -> str:
    place = "'$." + ".".join(f'"{name}"' for name in path.split(".")) + "'"
    return (
        f"CASE json_type(body, {place}) WHEN 'null' THEN -9e999 WHEN 'false' THEN x'01' WHEN 'true' THEN x'02' "
        f"WHEN 'array' THEN x'03' WHEN 'object' THEN x'04' ELSE json_extract(body, {place}) END"
    )


def as_sql(value: OrderValue) -> SqlValue:
    """A value in the form in which SQLite orders it as ``query_rules`` does."""
    rank, plain = value
    if rank == NULL:
        return -math.inf
    return plain if rank in {NUMBER, TEXT} else _BLOBS[(rank, bool(plain))]


def _ordered(shape: Shape, path: str) -> str:
    return "members.position" if shape.member else _comparable(path)


def _id(shape: Shape) -> str:
    return "members.id" if shape.member else "documents.id"


def _source(shape: Shape, present: Container[str]) -> str:
    if not shape.member:
        name = _index_name(shape)
        # by itself SQLite thinks a collection small and would rather sort it than walk a partial index
        hint = f' INDEXED BY "{name}"' if name in present else ""
        return f"FROM documents{hint} WHERE documents.collection = '{shape.collection}'"
    return (
        "FROM members CROSS JOIN documents ON documents.collection = members.collection AND documents.id = members.id "
        f"WHERE members.collection = '{shape.collection}' AND documents.collection = '{shape.collection}'"
    )


def _restrict(statement: Statement, shape: Shape, after: Position | None) -> None:
    if shape.member:
        statement.demand("members.path = ?", shape.member.path)
        statement.demand("members.member = ?", query_rules.member_text(shape.member.value))
    for where in shape.equalities:
        statement.demand(f"{_comparable(where.path)} = ?", as_sql(order_value(where.value)))
    if shape.order is None:
        if after is not None:
            statement.demand(f"{_id(shape)} > ?", after.id)
        return
    ordered = _ordered(shape, shape.order)
    _start(statement, shape, ordered, after)
    _end(statement, shape, ordered)


def _start(statement: Statement, shape: Shape, ordered: str, after: Position | None) -> None:
    """Demand one lower bound, the highest: of several SQLite may seek to the wrong one and read a long way."""
    lower = [where for where in shape.bounds if where.operator.startswith(">")]
    if after and after.value and all(after.value >= order_value(where.value) for where in lower):
        value = as_sql(after.value)
        # comparing (value, id) as a row would say the same, but SQLite does not seek by rows of expressions
        statement.demand(f"{ordered} >= ? AND ({ordered} > ? OR {_id(shape)} > ?)", value, value, after.id)
    elif lower:
        for where in lower:
            statement.demand(f"{ordered} {where.operator} ?", as_sql(order_value(where.value)))
    else:
        statement.demand(f"{ordered} >= ?", _LEAST[order_value(shape.bounds[0].value)[0] if shape.bounds else NULL])


def _end(statement: Statement, shape: Shape, ordered: str) -> None:
    """Demand the upper bounds, or the end of the bound's type: numbers end where text begins, text where blobs do."""
    upper = [where for where in shape.bounds if where.operator.startswith("<")]
    for where in upper:
        statement.demand(f"{ordered} {where.operator} ?", as_sql(order_value(where.value)))
    if shape.bounds and not upper:
        statement.demand(f"{ordered} < ?", _LEAST[order_value(shape.bounds[0].value)[0] + 1])
