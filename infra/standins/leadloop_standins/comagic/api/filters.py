"""Which rows a report gives, and in which order.

Source: https://comagic.github.io/data_api/, criteria of filtering and sorting.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from .fields import Field, Fields
from .operators import ALLOWED, EXTENDED, Test, test_of
from .params import ParamKind, check_value
from .refusals import ABSENT, RpcRefused

Row = dict[str, Any]


def filter_test(tree: Mapping[str, Any], fields: Fields, *, extended: bool) -> Test:
    """The test of a row for a simple filter or a tree of them; an empty one lets everything pass.

    RpcRefused for what is not a filter, a field that is unknown or closed to filters, or a value of another type.
    """
    if not tree:
        return _everything
    return _tree(tree, fields, extended) if "filters" in tree else _leaf(tree, fields, extended)


def ordered(rows: Sequence[Row], sort: Sequence[Any], fields: Fields) -> list[Row]:
    """By the wanted fields, the first one first; rows without a value come last, either way."""
    result = list(rows)
    for wanted in reversed(sort):
        if not isinstance(wanted, dict):
            raise RpcRefused("data_type_error", "sort", wanted)
        _known_keys(wanted, ("field", "order"), "sort")
        field = _field(wanted, fields, "sort")
        if not field.can_sort:
            raise RpcRefused("sort_prohibited", "sort.field", field.name)
        order = wanted.get("order", "asc")
        if order not in ("asc", "desc"):
            raise RpcRefused("invalid_parameter_value", "sort.order", order)
        filled = [row for row in result if row.get(field.name) is not None]
        empty = [row for row in result if row.get(field.name) is None]
        filled.sort(key=itemgetter(field.name), reverse=order == "desc")
        result = filled + empty
    return result


def _everything(row: Row) -> bool:  # noqa: ARG001 - no filter looks at nothing
    return True


def _tree(tree: Mapping[str, Any], fields: Fields, extended: bool) -> Test:
    _known_keys(tree, ("filters", "condition"), "filter")
    condition = tree.get("condition")
    if condition is None:
        raise RpcRefused("required_parameter_missed", "filter.condition")
    if condition not in ("and", "or"):
        raise RpcRefused("invalid_parameter_value", "filter.condition", condition)
    check_value("filter.filters", "list", tree["filters"])
    tests = []
    for branch in tree["filters"]:
        check_value("filter.filters", "map", branch)
        tests.append(filter_test(branch, fields, extended=extended))
    joined = all if condition == "and" else any
    return lambda row: joined(test(row) for test in tests)


def _leaf(leaf: Mapping[str, Any], fields: Fields, extended: bool) -> Test:
    _known_keys(leaf, ("field", "operator", "value"), "filter")
    field = _field(leaf, fields, "filter")
    if not field.can_filter:
        raise RpcRefused("filter_prohibited", "filter.field", field.name)
    operator = leaf.get("operator")
    if operator is None:
        raise RpcRefused("required_parameter_missed", "filter.operator")
    check_value("filter.operator", "text", operator)
    if operator not in ALLOWED[field.kind] or (operator in EXTENDED and not extended):
        raise RpcRefused("invalid_parameter_value", "filter.operator", operator)
    value = leaf.get("value")
    _check_wanted(field, str(operator), value)
    test, name, nothing = test_of(str(operator), value), field.name, field.nothing
    return lambda row: test(row.get(name, nothing))


def _check_wanted(field: Field, operator: str, value: object) -> None:
    if operator in ("is_null", "is_not_null") or (operator in ("=", "!=") and value is None):
        return
    if field.kind == "list":
        if operator == "jsquery":
            check_value("filter.value", "text", value)
        return
    if operator in ("in", "not_in"):
        check_value("filter.value", "list", value)
    kind: ParamKind = field.kind
    for one in value if isinstance(value, list) else [value]:
        check_value("filter.value", kind, one)


def _field(wanted: Mapping[str, Any], fields: Fields, where: str) -> Field:
    name = wanted.get("field")
    if name is None:
        raise RpcRefused("required_parameter_missed", f"{where}.field")
    check_value(f"{where}.field", "text", name)
    if name in fields.inner:
        raise RpcRefused(f"{where}_prohibited", f"{where}.field", name)
    if name not in fields:
        raise RpcRefused("unexpected_parameters", f"{where}.field", name)
    return fields[name]


def _known_keys(given: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in given:
        if key not in known:
            raise RpcRefused("unexpected_parameters", f"{where}.{key}", given.get(key, ABSENT))
