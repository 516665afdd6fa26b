"""The events feed. Source: https://www.amocrm.ru/developers/content/crm_platform/events-and-notes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .entities import Stamp

Value = Mapping[str, Any]

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


@dataclass(frozen=True)
class Event:
    """One change, with the time at which it happened."""

    id: str
    type: str
    entity_type: str
    entity_id: int
    created_by: int
    created_at: int
    value_before: Sequence[Value]
    value_after: Sequence[Value]


class EventFeed:
    """Every event of the account in the order in which it was written."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._about: defaultdict[tuple[str, int], list[Event]] = defaultdict(list)

    def write(
        self,
        event_type: str,
        entity: tuple[str, int],
        stamp: Stamp,
        before: Sequence[Value] = (),
        after: Sequence[Value] = (),
    ) -> None:
        """Adds an event about `entity`, given as its type and id."""
        event_id = _sortable_id(stamp.at, len(self.events) + 1)
        event = Event(event_id, event_type, *entity, stamp.by, stamp.at, tuple(before), tuple(after))
        self.events.append(event)
        self._about[entity].append(event)

    def about(self, entity_type: str, entity_id: int) -> list[Event]:
        """The history of one lead or contact, oldest first."""
        return sorted(self._about.get((entity_type, entity_id), ()), key=lambda event: (event.created_at, event.id))


def _sortable_id(at: int, number: int) -> str:
    """26 letters and digits: ten of the time in milliseconds, sixteen that keep events of one second apart."""
    return _base32(at * 1000, 10) + _base32(number, 16)


def _base32(number: int, width: int) -> str:
    return "".join(_CROCKFORD[(number >> (5 * place)) & 31] for place in reversed(range(width)))
