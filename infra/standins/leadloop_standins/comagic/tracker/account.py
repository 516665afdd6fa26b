"""The account and everything in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ...switches import Switches
from .communications import Actor, Call, Chat, Communication, OfflineMessage, Sale, TagMark
from .ids import IdSequences
from .places import Furniture, Profile
from .visits import Visitor, VisitorSession
from .zone import Zone

Event = Literal["call_started", "call_finished", "call_lost", "offline_message", "chat", "tag"]


@dataclass(frozen=True)
class Happening:
    """Something a notification may tell of, at the moment it happens."""

    event: Event
    communication: Communication
    at: int


class Account:
    """Not thread-safe: the stand-in's lock guards it. `happenings` wait to be made into notifications."""

    def __init__(self, switches: Switches) -> None:
        self.switches = switches
        self.zone = Zone(switches)
        self.ids = IdSequences()
        self.profile = Profile()
        self.furniture = Furniture()
        self.visitors: dict[int, Visitor] = {}
        self.sessions: dict[int, VisitorSession] = {}
        self.communications: dict[int, Communication] = {}
        self.happenings: list[Happening] = []
        self._person_of_phone: dict[str, int] = {}

    # Persons

    def person_for(self, session: VisitorSession | None, phone: str | None) -> int:
        """The person of a visitor, else of a phone seen before, else a new one; the phone is remembered."""
        known = session.visitor.person_id if session else self._person_of_phone.get(phone or "")
        person_id = known or self.ids.take("person")
        if phone:
            self._person_of_phone.setdefault(phone, person_id)
        return person_id

    def next_number_of(self, person_id: int) -> int:
        """What the person's next communication is numbered, from 1."""
        return 1 + sum(1 for one in self.communications.values() if one.person_id == person_id)

    # Communications

    def add(self, communication: Communication, *events: Happening) -> None:
        """Takes it into the books; the events are what notifications tell of it."""
        self.communications[communication.id] = communication
        self.happenings.extend(events)

    def visible(self, now: int) -> Iterator[Communication]:
        """Those the reports have by now."""
        return (one for one in self.communications.values() if one.row_at <= now)

    def find(self, kind: str, communication_id: int | None, ext_id: str | None) -> Communication | None:
        """By the id, or else by the caller's own id; None when there is no such one of that type."""
        of_kind = (one for one in self.communications.values() if one.type == kind)
        if communication_id is not None:
            return next((one for one in of_kind if one.id == communication_id), None)
        return next((one for one in of_kind if ext_id is not None and one.ext_id == ext_id), None)

    # What people and integrations do with them

    def set_tag(self, communication: Communication, tag_id: int, at: int, by: Actor) -> bool:
        """Puts a tag on, whenever the contact was; False when it is there already."""
        if any(mark.tag_id == tag_id for mark in communication.tags):
            return False
        communication.tags.append(TagMark(tag_id, at, by))
        self.happenings.append(Happening("tag", communication, at))
        return True

    def unset_tag(self, communication: Communication, tag_id: int) -> bool:
        """Takes a tag off; False when there is none."""
        kept = [mark for mark in communication.tags if mark.tag_id != tag_id]
        was_there = len(kept) < len(communication.tags)
        communication.tags[:] = kept
        return was_there

    def set_sale(self, communication: Communication, at: int, cost: float, comment: str | None) -> Sale:
        """Notes a sale; a later one replaces it."""
        communication.sale = Sale(self.ids.take("sale"), at, cost, comment)
        return communication.sale

    # What rows and notifications ask

    def phone_of(self, communication: Communication) -> str | None:
        """The number that called or was left, in digits."""
        if isinstance(communication, Chat | OfflineMessage):
            return communication.phone
        return communication.contact_phone_number if isinstance(communication, Call) else None

    def tag_name(self, tag_id: int) -> str | None:
        """The name a tag has now; None when it was removed from the list."""
        tag = self.furniture.tags.get(tag_id)
        return tag.name if tag else None

    def employee_name(self, employee_id: int | None) -> str | None:
        """None for nobody."""
        employee = self.furniture.employees.get(employee_id or 0)
        return employee.full_name if employee else None
