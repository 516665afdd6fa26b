"""Filters and orders of lists, with their prefixes. The database compares texts without regard to case.

Source: https://apidocs.bitrix24.ru/api-reference/crm/universal/crm-item-list.html.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Generic, TypeVar

from ..portal.fields import Field
from ..portal.values import Value, read_value
from .calls import listed
from .problems import CallRefused

_KEY = re.compile(r"(!=%|!%=|>=|<=|!=|=%|%=|!%|!@|>|<|@|!|=|%)?(.*)", re.DOTALL)
_EQUALITY = frozenset(("", "=", "@", "!", "!=", "!@"))

Row = TypeVar("Row")
Condition = Callable[[Row], bool]
_Number = int | Decimal
_Rank = tuple[int, _Number, str]
_SIDES = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}


@dataclass(frozen=True)
class Columns(Generic[Row]):
    """What a list can be filtered and sorted by. `read` gives several values where one has several phones."""

    find: Callable[[str], Field | None]
    read: Callable[[Row, str], Iterable[Value]]
    offset: timedelta
    refuse_unknown: bool

    def matching(self, filters: Mapping[str, Any]) -> Condition[Row]:
        """Whether a row passes all conditions, or any of them under `logic: OR`; nested ones as well."""
        conditions = [self._nested_or_plain(key, value) for key, value in filters.items() if key.lower() != "logic"]
        told = [one for one in conditions if one is not None]
        if str(filters.get("logic", "")).upper() == "OR":
            return lambda row: any(passes(row) for passes in told)
        return lambda row: all(passes(row) for passes in told)

    def ordered(self, rows: Iterable[Row], order: Mapping[str, Any]) -> list[Row]:
        """Sorted by the first key first; rows without a value stand before others, unknown keys are passed over."""
        result = list(rows)
        for name, direction in reversed(list(order.items())):
            if (found := self.find(name)) is not None:
                result.sort(key=self._sort_key(found.name), reverse=str(direction).upper() == "DESC")
        return result

    def _nested_or_plain(self, key: str, value: object) -> Condition[Row] | None:
        if isinstance(value, Mapping) and key.isdecimal():
            return self.matching(value)
        found = _KEY.fullmatch(key)
        prefix, name = (found[1] or "", found[2]) if found else ("", key)
        field = self.find(name)
        if field is None and self.refuse_unknown:
            raise CallRefused(400, "INVALID_ARG_VALUE", f"Invalid filter: field '{name}' is not allowed in filter")
        return None if field is None else self._condition(prefix, field, value)

    def _condition(self, prefix: str, one: Field, raw: object) -> Condition[Row]:
        if "%" in prefix:
            pattern = _like(str(raw), literal=prefix in ("%", "!%"))
            negated = prefix.startswith("!")
            return self._any(one, lambda value: pattern.fullmatch(_text(value)) is not None, negated=negated)
        wanted = [self._wanted(one, single) for single in listed(raw)] or [None]
        if prefix in _EQUALITY:
            return self._any(one, lambda value: _comparable(value) in wanted, negated=prefix.startswith("!"))
        return self._any(one, _standing(prefix, wanted[0]), negated=False)

    def _any(self, one: Field, passes: Callable[[Value], bool], *, negated: bool) -> Condition[Row]:
        return lambda row: any(passes(value) for value in self.read(row, one.name) or [None]) is not negated

    def _wanted(self, one: Field, raw: object) -> _Number | str | None:
        value = read_value(one.type, raw, self.offset)
        if value is None and self.refuse_unknown and raw not in (None, "", False):
            raise CallRefused(400, "INVALID_ARG_VALUE", f"Invalid filter: field '{one.name}' has invalid value")
        return _comparable(value)

    def _sort_key(self, name: str) -> Callable[[Row], _Rank]:
        def key(row: Row) -> _Rank:
            return _rank(next((_comparable(one) for one in self.read(row, name) if one is not None), None))

        return key


def _standing(prefix: str, wanted: _Number | str | None) -> Callable[[Value], bool]:
    """Whether a value stands on that side of the wanted one; nothing stands anywhere."""
    compare, right = _SIDES[prefix], _rank(wanted)

    def stands(value: Value) -> bool:
        left = _rank(_comparable(value))
        return left[0] == right[0] != 0 and bool(compare(left, right))

    return stands


def _rank(value: _Number | str | None) -> _Rank:
    """Nothing before numbers, numbers before texts."""
    if value is None:
        return (0, 0, "")
    return (2, 0, value) if isinstance(value, str) else (1, value, "")


def _comparable(value: Value) -> _Number | str | None:
    if isinstance(value, bool):
        return "y" if value else "n"
    if isinstance(value, str):
        return value.casefold() or None
    return value


def _like(text: str, *, literal: bool) -> re.Pattern[str]:
    body = ".*".join(re.escape(part) for part in ([text] if literal else text.split("%")))
    return re.compile(f".*{body}.*" if literal else body, re.DOTALL | re.IGNORECASE)


def _text(value: Value) -> str:
    return "" if value is None else str(value)
