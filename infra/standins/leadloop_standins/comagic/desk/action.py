"""The frame of everything that visitors, callers and managers do, and what they may name."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from ...faults import InstructionRefused
from ...orders import Order
from ..tracker.account import Account
from ..tracker.communications import Actor, Communication
from ..tracker.visits import VisitorSession
from .office import DeskOffice

Outcome = Mapping[str, Any]
E = TypeVar("E")


class Action(Order):
    """Something somebody does; `at` defaults to now in domain time and may lie in the past."""

    at: datetime | None = None

    def perform(self, office: DeskOffice, at: int) -> Outcome:
        """Does it and says to what; InstructionRefused when it cannot be done."""
        raise NotImplementedError


class CommunicationAction(Action):
    """Something done with one call, chat or request that is in the books."""

    communication_id: int

    def perform(self, office: DeskOffice, at: int) -> Outcome:
        """Finds it and works on it."""
        known = office.account.communications
        communication = entity_named("communication", self.communication_id, known)
        return {"communication_id": communication.id, **self.work(office, communication, at)}

    def work(self, office: DeskOffice, communication: Communication, at: int) -> Outcome:
        """The deed itself."""
        raise NotImplementedError


def entity_named(what: str, key: object, known: Mapping[Any, E]) -> E:
    """The entity that exists; InstructionRefused names some that do."""
    if key not in known:
        some = ", ".join(map(str, list(known)[-10:])) or "none"
        raise InstructionRefused(f"There is no {what} {key}. Known: {some}.")
    return known[key]


def session_named(account: Account, session_id: int | None) -> VisitorSession | None:
    """The visit, when one is named."""
    return None if session_id is None else entity_named("visitor session", session_id, account.sessions)


def employee_named(account: Account, employee_id: int | None) -> Actor:
    """The employee, or the account's first one."""
    employees = account.furniture.employees
    number = next(iter(employees), 0) if employee_id is None else employee_id
    employee = entity_named("employee", number, employees)
    return Actor(employee_id=employee.id, full_name=employee.full_name)


def tag_named(account: Account, tag: int | str) -> int:
    """The id of a tag named by id or by name."""
    tags = account.furniture.tags
    if isinstance(tag, int):
        return entity_named("tag", tag, tags).id
    return entity_named("tag", tag, {one.name: one for one in tags.values()}).id


def contact_outcome(communication: Communication) -> dict[str, Any]:
    """What a test goes on with."""
    told = {"id": communication.own_id, "communication_id": communication.id, "person_id": communication.person_id}
    return {**told, "ends_at": communication.ended_at, "row_at": communication.row_at}
