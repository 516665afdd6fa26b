"""Which fields a report has, and what may be done with each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "text", "flag", "date", "list"]

_KINDS: Mapping[str, Kind] = {"n": "number", "t": "text", "b": "flag", "d": "date", "l": "list"}


@dataclass(frozen=True)
class Field:
    """One field of a report. One that is not in the default answer comes only when `fields` names it."""

    name: str
    kind: Kind
    can_filter: bool
    can_sort: bool
    by_default: bool

    @property
    def nothing(self) -> object:
        """What stands for no value: an empty list, or null."""
        return [] if self.kind == "list" else None


class Fields(dict[str, Field]):
    """Fields by name, in the order of the documentation. `inner` are names that exist only inside lists."""

    inner = frozenset(
        (
            *(f"tag_{part}" for part in ("id", "name", "type", "change_time", "user_id", "user_login")),
            *("tag_employee_id", "tag_employee_full_name", "property_name", "property_value"),
            *("segment_id", "segment_name", "is_answered", "is_talked"),
        )
    )

    @property
    def default(self) -> list[str]:
        """What an answer has when `fields` is not given."""
        return [one.name for one in self.values() if one.by_default]


def fields_of(*tables: str) -> Fields:
    """Reads tables of `name:letters` between spaces; an earlier table overrules a later one.

    The first letter is the kind (n number, t text, b flag, d date, l list); then f can be filtered, s sorted, and
    a is in the answer by default.
    """
    fields = Fields()
    for entry in " ".join(tables).split():
        name, letters = entry.split(":")
        kind = _KINDS[letters[0]]
        fields.setdefault(name, Field(name, kind, "f" in letters[1:], "s" in letters[1:], "a" in letters[1:]))
    return fields
