"""The frame of everything a person does in the portal."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...orders import Order
from ..portal.records import Record, Stamp
from .office import DeskOffice
from .orders import KindName, kind_named, record_named

Outcome = Mapping[str, Any]


class Action(Order):
    """Something a person does; `at` defaults to now in domain time, `by` to the portal's first user."""

    at: datetime | None = None
    by: int | None = None

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:
        """Does it and says to what; InstructionRefused when it cannot be done."""
        raise NotImplementedError


class RecordAction(Action):
    """Something done to one live record, a deal unless another kind is named."""

    kind: KindName = "deal"
    id: int

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:
        """Finds the record and works on it."""
        record = record_named(office.portal, kind_named(self.kind), self.id)
        self.work(office, record, stamp)
        return {"kind": self.kind, "id": record.id}

    def work(self, office: DeskOffice, record: Record, stamp: Stamp) -> None:
        """The deed itself."""
        raise NotImplementedError
