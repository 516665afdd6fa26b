"""Which call created which record: how a record made twice shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..portal.kinds import Kind


@dataclass(frozen=True)
class Creation:
    """One record of one accepted call, with the values it carried in the watched fields."""

    at: int
    method: str
    kind: Kind
    record_id: int
    values: Mapping[str, str]


@dataclass(frozen=True)
class Trace:
    """What the portal's own analytics is fed with, and the records it is about."""

    id: int
    text: str
    entities: tuple[tuple[str, int], ...]


@dataclass
class RequestsSeen:
    """Every accepted creation, and every trace of a visitor, in order."""

    creations: list[Creation] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)

    def note_creation(self, creation: Creation) -> None:
        """Adds one."""
        self.creations.append(creation)

    def note_trace(self, text: str, entities: Sequence[tuple[str, int]]) -> int:
        """Adds one and gives its id."""
        self.traces.append(Trace(len(self.traces) + 1, text, tuple(entities)))
        return len(self.traces)

    def by_value(self, kind: Kind) -> dict[str, dict[str, list[int]]]:
        """For each watched field, the records that calls created with each value; two under one value are a double."""
        found: dict[str, dict[str, list[int]]] = {}
        for creation in self.creations:
            for code, value in creation.values.items() if creation.kind is kind else ():
                found.setdefault(code, {}).setdefault(value, []).append(creation.record_id)
        return found
