"""Queries of shapes that the product's own do not have yet, but that the port allows."""

from __future__ import annotations

from leadloop.json_types import Json
from leadloop.ports.store import Operator, Query, Where


def visits_by_depth(limit: int = 250) -> Query:
    return Query("visit", order_by="depth", limit=limit)


def visits_where_depth(operator: Operator, bound: Json, limit: int = 250) -> Query:
    return Query("visit", (Where("depth", operator, bound),), limit=limit)


def visits_between(least: Json, most: Json) -> Query:
    return Query("visit", (Where("depth", ">", least), Where("depth", "<=", most)), order_by="depth")


def visits_with_depth(depth: Json) -> Query:
    return Query("visit", (Where("depth", "==", depth),))


def visits_of_source(source: str) -> Query:
    return Query("visit", (Where("source.channel", "==", source),), order_by="depth")


def visits_having(goal: Json, limit: int = 250) -> Query:
    return Query("visit", (Where("goals", "array_contains", goal),), limit=limit)


def visits_of_source_having(source: str, goal: str) -> Query:
    where = (Where("source.channel", "==", source), Where("goals", "array_contains", goal))
    return Query("visit", where, order_by="depth")


CONTRACT_QUERIES: tuple[Query, ...] = (
    visits_by_depth(),
    visits_where_depth(">", 0),
    visits_between(0, 0),
    visits_with_depth(0),
    visits_of_source(""),
    visits_having(""),
    visits_of_source_having("", ""),
)
