"""Goals of counters: kept, created as the API creates them, and asked for by the identifier an upload names."""

from collections.abc import Mapping
from typing import Any

from ..faults import InstructionRefused
from .accounts import Accounts, check_known
from .refusals import RequestRefused, invalid_parameter

_FIRST_ID = 2**31 + 5001

_EVENT_TYPES = ("action", "phone", "email", "payment_system", "messenger", "file", "search", "social", "form", "button")
_TYPES = frozenset(("url", "number", "step", "visit_duration", *_EVENT_TYPES))
_CONDITION_TYPES = frozenset(("exact", "contain", "start", "regexp", "action"))
_TYPES_WITH_CONDITIONS = frozenset(("url", "action"))
_SEED_KEYS = ("counter", "id", "name", "type", "conditions", "target")


class Goals:
    """The goals of every counter, by id."""

    def __init__(self) -> None:
        self._by_counter: dict[int, dict[int, dict[str, Any]]] = {}
        self._issued = 0

    def plant(self, row: Mapping[str, Any], accounts: Accounts) -> None:
        """Seed row: a goal as the API takes it, or `target` alone for a JavaScript-event goal with that identifier."""
        check_known(row, _SEED_KEYS, "goal")
        counter = accounts.counter_of_row(row, "goal")
        goal = {key: row[key] for key in ("id", "name", "type", "conditions") if key in row}
        if "target" in row:
            condition = {"type": "exact", "url": row["target"]}
            goal = {"name": row["target"], "type": "action", "conditions": [condition], **goal}
        try:
            self.create(counter, goal, limit=len(self.of_counter(counter)) + 1)
        except RequestRefused as refusal:
            raise InstructionRefused(f"A goal of the seed is wrong: {refusal.message}") from refusal

    def create(self, counter: int, goal: object, limit: int) -> dict[str, Any]:
        """Adds a goal, also when its identifier exists already: creating is not idempotent. 400 says what is wrong."""
        checked = _checked(goal)
        if len(self.of_counter(counter)) >= limit:
            raise RequestRefused(400, "limit_exceeded", f"The counter has {limit} goals, the most allowed.")
        self._issued += 1
        number = int(checked.get("id", _FIRST_ID + self._issued))
        defaults = {
            "default_price": 0,
            "is_retargeting": 0,
            "goal_source": "user",
            "is_favorite": 0,
            "status": "Active",
        }
        kept = {"id": number, "name": checked["name"], "type": checked["type"], **defaults}
        kept["conditions"] = checked.get("conditions", [])
        self._by_counter.setdefault(counter, {})[number] = kept
        return kept

    def of_counter(self, counter: int) -> list[dict[str, Any]]:
        """In the order of creation."""
        return list(self._by_counter.get(counter, {}).values())

    def find(self, counter: int, number: str) -> dict[str, Any] | None:
        """The goal with that id, if the counter has it."""
        return self._by_counter.get(counter, {}).get(int(number)) if number.isascii() and number.isdigit() else None

    def has_target(self, counter: int, target: str) -> bool:
        """Whether an offline conversion may name it: the identifier of a JavaScript-event goal that matches exactly."""
        wanted = {"type": "exact", "url": target}
        return any(goal["type"] == "action" and wanted in goal["conditions"] for goal in self.of_counter(counter))


def _checked(goal: object) -> dict[str, Any]:
    if not isinstance(goal, dict):
        raise invalid_parameter("An object under the key goal is expected.", "goal")
    name = goal.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= 255:
        raise invalid_parameter("The name of a goal has 1 to 255 characters.", "goal.name")
    if goal.get("type") not in _TYPES:
        raise invalid_parameter("The type of the goal is unknown.", "goal.type")
    conditions = goal.get("conditions", [])
    if not isinstance(conditions, list) or (goal["type"] in _TYPES_WITH_CONDITIONS and not conditions):
        raise invalid_parameter("A goal of this type has at least one condition.", "goal.conditions")
    if not all(_is_condition(condition) for condition in conditions):
        raise invalid_parameter("A condition has a known type and a url.", "goal.conditions")
    return goal


def _is_condition(condition: object) -> bool:
    if not isinstance(condition, dict):
        return False
    return (
        condition.get("type") in _CONDITION_TYPES and isinstance(condition.get("url"), str) and bool(condition["url"])
    )
