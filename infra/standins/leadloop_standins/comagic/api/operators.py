"""What the operators of filters mean. Source: https://comagic.github.io/data_api/, operators of filtering.

The reports come from PostgreSQL, so null is neither equal nor unequal to a value here; only `= null` finds it.
Regular expressions are Python's, and of jsquery one form is understood: `#.name = value`, or `# = value`.
"""

import json
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from .refusals import RpcRefused

Test = Callable[[Any], bool]

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_PATTERNS = {"like", "ilike", "not_like", "not_ilike", "regexp"}
EXTENDED = frozenset(
    ("ilike", "not_like", "not_ilike", "in", "not_in", "overlap", "not_overlap", "is_null", "is_not_null")
)
"""Those "not available in every method"; which methods is not told."""

ALLOWED = {
    "number": {"=", "!=", *_COMPARISONS, "in", "not_in", "is_null", "is_not_null"},
    "text": {"=", "!=", *_PATTERNS, "in", "not_in", "is_null", "is_not_null"},
    "flag": {"=", "!=", "is_null", "is_not_null"},
    "date": {"=", "!=", *_COMPARISONS, "is_null", "is_not_null"},
    "list": {"jsquery", "overlap", "not_overlap"},
}
"""Operators by the kind of field."""

_JSQUERY = re.compile(r"#(?:\.(?P<name>\w+))? *= *(?P<value>.+)")


def test_of(name: str, wanted: Any) -> Test:  # noqa: ANN401 - values of all types are compared
    """The test of a field's value; RpcRefused for a pattern that cannot be read."""
    if name in ("is_null", "is_not_null") or (wanted is None and name in ("=", "!=")):
        is_null = name in ("is_null", "=")
        return lambda value: (value is None) is is_null
    if name in ("in", "not_in"):
        return lambda value: value is not None and (value in wanted) is (name == "in")
    if name in ("overlap", "not_overlap"):
        return lambda value: bool(set(_texts(value)) & set(_texts(wanted))) is (name == "overlap")
    if name == "jsquery":
        return _jsquery(str(wanted))
    if name in _PATTERNS:
        return _pattern(name, str(wanted))
    compare = _COMPARISONS.get(name) or (operator.eq if name == "=" else operator.ne)
    return lambda value: value is not None and compare(value, wanted)


def _pattern(name: str, wanted: str) -> Test:
    flags = re.IGNORECASE if "ilike" in name else 0
    text = wanted if name == "regexp" else "".join(_LIKE.get(one, re.escape(one)) for one in wanted)
    try:
        pattern = re.compile(text, flags | re.DOTALL)
    except re.error:
        raise RpcRefused("invalid_parameter_value", "filter.value", wanted) from None
    find = pattern.search if name == "regexp" else pattern.fullmatch
    return lambda value: value is not None and bool(find(value)) is not name.startswith("not_")


_LIKE = {"%": ".*", "_": "."}


def _jsquery(query: str) -> Test:
    found = _JSQUERY.fullmatch(query.strip())
    try:
        wanted = json.loads(found["value"]) if found else None
    except ValueError:
        found = None
    if not found:
        raise RpcRefused("invalid_parameter_value", "filter.value", query)
    name = found["name"]
    return lambda value: any((one.get(name) if name and isinstance(one, dict) else one) == wanted for one in value)


def _texts(value: object) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [json.dumps(one) if isinstance(one, dict) else str(one) for one in items]
