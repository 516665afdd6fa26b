"""Uploadings and their way from UPLOADED to the end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..clock import format_time
from .conversion_file import ConversionRow

# The vendor documents the statuses, not the order of the middle ones.
PATH = ("UPLOADED", "PREPARED", "EXPORTED", "MATCHED")
PROCESSED, LINKAGE_FAILURE = "PROCESSED", "LINKAGE_FAILURE"
_END = len(PATH)

_FIRST_ID = 2**31 + 1_000_001
_LATER_FIELDS = ("type", "linked_quantity", "goal_not_found_quantity", "user_not_found_quantity")


@dataclass
class Uploading:
    """An accepted file. `step` counts the statuses passed; at the end `final` is set and the quantities are known."""

    id: int
    counter: int
    comment: str
    created_at: datetime
    source_quantity: int
    rows: tuple[ConversionRow, ...]
    client_id_type: str | None
    digest: str
    step: int = 0
    final: str = ""
    linked: int = 0
    goal_not_found: int = 0
    user_not_found: int = 0

    @property
    def status(self) -> str:
        """As the vendor names it."""
        return self.final or PATH[self.step]

    def as_json(self, optional_fields: bool = True) -> dict[str, Any]:
        """As the vendor answers it; without the optional fields, as it did in 2025."""
        body: dict[str, Any] = {
            "id": self.id,
            "create_time": format_time(self.created_at),
            "source_quantity": self.source_quantity,
            "line_quantity": len(self.rows),
            "comment": self.comment,
            "type": "BASIC",
            "client_id_type": self.client_id_type,
            "status": self.status,
            "goal_not_found_quantity": self.goal_not_found,
            "user_not_found_quantity": self.user_not_found,
            "linked_quantity": self.linked,
        }
        hidden = {"client_id_type"} if self.client_id_type is None else set()
        hidden.update(() if optional_fields else _LATER_FIELDS)
        return {name: value for name, value in body.items() if name not in hidden}

    def advance(self, skip_intermediate: bool) -> bool:
        """Moves one status on; True when the end is reached by this very step."""
        if self.final:
            return False
        self.step = _END if skip_intermediate else self.step + 1
        return self.step == _END

    def advance_to(self, now: datetime, whole_way: timedelta, skip_intermediate: bool) -> datetime | None:
        """Moves to where it is at `now` if the whole way takes that long; gives the moment of the end once reached."""
        if self.final:
            return None
        passed = (now - self.created_at) / whole_way
        if passed >= 1:
            self.step = _END
            return self.created_at + whole_way
        self.step = 0 if skip_intermediate else max(0, int(passed * _END))
        return None


class Uploadings:
    """All uploadings, in the order in which they were accepted; ids grow and do not fit 32 bits."""

    def __init__(self) -> None:
        self.all: list[Uploading] = []

    def next_id(self) -> int:
        """The id of the uploading to be added next."""
        return _FIRST_ID + len(self.all)

    def of_counter(self, counter: int) -> list[Uploading]:
        """Oldest first."""
        return [uploading for uploading in self.all if uploading.counter == counter]

    def find(self, counter: int, number: str) -> Uploading | None:
        """The uploading with that id, if it belongs to the counter."""
        return next((uploading for uploading in self.of_counter(counter) if str(uploading.id) == number), None)
