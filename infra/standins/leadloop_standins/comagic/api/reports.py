"""Methods that read: the common frame of `fields`, `filter`, `sort`, `limit` and `offset`, and the period of reports.

Source: https://comagic.github.io/data_api/, from "criteria of filtering" on.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ..tracker.account import Account
from ..tracker.zone import later_by_months, parse_local
from .fields import Fields
from .filters import Row, filter_test, ordered
from .methods import Caller, Method, Outcome
from .office import Office
from .params import COMMON, Param, Params
from .refusals import RpcRefused

LONGEST_PERIOD_MONTHS = 3
MOST_LIMIT, DEFAULT_LIMIT, MOST_OFFSET = 10_000, 1000, 100_000

_READING = {
    **COMMON,
    "limit": Param("number"),
    "offset": Param("number"),
    "filter": Param("map"),
    "fields": Param("list"),
    "sort": Param("list"),
}
_PERIOD = {"date_from": Param("date", required=True), "date_till": Param("date", required=True)}

Rows = Callable[[Account, Params, int], Iterable[Row]]


@dataclass(frozen=True)
class Listing:
    """A method with the verb `get`. `time_field` is what its period and its order go by; None: it has no period."""

    name: str
    fields: Fields
    rows: Rows
    time_field: str | None = None
    components: tuple[str, ...] = ()
    more: Mapping[str, Param] = field(default_factory=dict)

    def method(self) -> Method:
        """The listing as the API offers it."""
        params = {**_READING, **(_PERIOD if self.time_field else {}), **self.more}
        return Method(self.name, params, self._perform, self.components)

    def _perform(self, office: Office, params: Params, caller: Caller) -> Outcome:  # noqa: ARG002 - all callers see all
        names = self._names(office, params)
        _check_disabled(office, params)
        extended = office.switches.on("extended_operators")
        passes = filter_test(params.get("filter") or {}, self.fields, extended=extended)
        rows = [row for row in self._in_period(office, params) if passes(row)]
        sorted_rows = ordered(self._in_default_order(office, rows), params.get("sort") or [], self.fields)
        offset = whole("offset", params.get("offset"), 0, 0, MOST_OFFSET)
        limit = whole("limit", params.get("limit"), DEFAULT_LIMIT, 1, MOST_LIMIT)
        page = sorted_rows[offset : offset + limit]
        return Outcome({"data": [self._shown(row, names) for row in page]}, total_items=len(rows))

    def _names(self, office: Office, params: Params) -> list[str]:
        names = params.get("fields")
        if names is None:
            disabled = office.switches.texts("disabled_fields")
            return [name for name in self.fields.default if name not in disabled]
        if not names:
            raise RpcRefused("invalid_parameter_value", "fields", names)
        for name in names:
            if not isinstance(name, str):
                raise RpcRefused("data_type_error", "fields", name)
            if name not in self.fields:
                raise RpcRefused("unexpected_parameters", "fields", name)
        return list(names)

    def _in_period(self, office: Office, params: Params) -> list[Row]:
        rows = self.rows(office.account, params, office.unix_now())
        if self.time_field is None:
            return list(rows)
        since, until = params["date_from"], params["date_till"]
        _check_period(since, until)
        includes_end = office.switches.text("date_till") == "included"
        time = self.time_field
        return [
            row for row in rows if since <= row[time] and (row[time] < until or (includes_end and row[time] == until))
        ]

    def _in_default_order(self, office: Office, rows: list[Row]) -> list[Row]:
        if self.time_field is None:
            return rows
        time, newest_first = self.time_field, office.switches.text("default_order") == "newest_first"
        return sorted(rows, key=lambda row: (row[time], row["id"]), reverse=newest_first)

    def _shown(self, row: Row, names: list[str]) -> Row:
        return {name: row.get(name, self.fields[name].nothing) for name in names}


def whole(name: str, value: object, default: int, least: int, most: int) -> int:
    """A whole number within its bounds; RpcRefused otherwise."""
    if value is None:
        return default
    if not isinstance(value, int) or not least <= value <= most:
        raise RpcRefused("invalid_parameter_value", name, value)
    return value


def _check_period(since: str, until: str) -> None:
    if since > until:
        raise RpcRefused("invalid_parameter_value", "date_till", until)
    if parse_local(until) > later_by_months(parse_local(since), LONGEST_PERIOD_MONTHS):
        raise RpcRefused("date_interval_limit_reached", "date_till", until, {"limit": LONGEST_PERIOD_MONTHS})


def _check_disabled(office: Office, params: Params) -> None:
    disabled = set(office.switches.texts("disabled_fields"))
    used = [("fields", name) for name in params.get("fields") or []]
    used += [("filter.field", name) for name in _filtered(params.get("filter") or {})]
    used += [("sort.field", one.get("field")) for one in params.get("sort") or [] if isinstance(one, dict)]
    for where, name in used:
        if isinstance(name, str) and name in disabled:
            raise RpcRefused("parameter_component_disabled", where, name, {"components": "call_tracking"})


def _filtered(tree: object) -> list[object]:
    if not isinstance(tree, dict):
        return []
    branches = tree.get("filters")
    inner = [name for branch in branches for name in _filtered(branch)] if isinstance(branches, list) else []
    return [tree.get("field"), *inner]
