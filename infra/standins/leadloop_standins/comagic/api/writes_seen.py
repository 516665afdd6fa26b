"""What integrations wrote, apart from what people did: how a thing done twice shows."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Write:
    """One accepted call of a method that writes, with what it was about."""

    at: int
    method: str
    login: str
    communication_ids: tuple[int, ...]
    told: dict[str, Any]


class WritesSeen:
    """Every accepted write, in order."""

    def __init__(self) -> None:
        self.all: list[Write] = []

    def note(self, write: Write) -> None:
        """Adds one."""
        self.all.append(write)
