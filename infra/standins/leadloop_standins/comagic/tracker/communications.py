"""What visitors and callers leave behind. Times are Unix seconds of the stand-in's calendar."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from .visits import VisitorSession

CommunicationType = Literal["call", "chat", "offline_message"]
Direction = Literal["in", "out"]
MessageStatus = Literal["processing", "processed", "not_processed"]


@dataclass(frozen=True)
class Actor:
    """Who set a tag: an employee at his desk, or the user whose key an integration holds."""

    user_id: int | None = None
    login: str | None = None
    employee_id: int | None = None
    full_name: str | None = None


@dataclass(frozen=True)
class TagMark:
    """A tag on a communication."""

    tag_id: int
    at: int
    by: Actor
    type: Literal["auto", "manual"] = "manual"


@dataclass(frozen=True)
class Sale:
    """A sale noted on a communication."""

    id: int
    at: int
    cost: float
    comment: str | None = None


@dataclass(kw_only=True)
class Communication:
    """One contact of one person. `number` counts the person's contacts from 1.

    `row_at` is when the reports first have it, `ids_at` when the click ids have joined that row.
    """

    type: ClassVar[CommunicationType]

    id: int
    own_id: int
    at: int
    person_id: int
    number: int
    row_at: int
    ids_at: int
    session: VisitorSession | None = None
    site_id: int | None = None
    campaign_id: int | None = None
    ext_id: str | None = None
    tags: list[TagMark] = field(default_factory=list)
    sale: Sale | None = None

    @property
    def ended_at(self) -> int:
        """When it was over."""
        return self.at


@dataclass(kw_only=True)
class Call(Communication):
    """A call session. Without a talk it is lost."""

    type = "call"

    direction: Direction
    contact_phone_number: str
    virtual_phone_number: str
    source: str
    wait_seconds: int
    talk_seconds: int
    employee_id: int | None = None

    @property
    def is_lost(self) -> bool:
        """Nobody answered."""
        return self.talk_seconds == 0

    @property
    def ended_at(self) -> int:
        """When somebody hung up."""
        return self.at + self.wait_seconds + self.talk_seconds


@dataclass(kw_only=True)
class Chat(Communication):
    """A chat on the site or in a messenger."""

    type = "chat"

    phone: str | None
    channel_type: str
    seconds: int
    visitor_messages: int
    employee_messages: int
    employee_id: int | None = None

    @property
    def ended_at(self) -> int:
        """When it was closed."""
        return self.at + self.seconds


@dataclass(kw_only=True)
class OfflineMessage(Communication):
    """A site request."""

    type = "offline_message"

    name: str | None
    phone: str | None
    email: str | None
    text: str | None
    form_name: str | None
    form_type: str
    status: MessageStatus = "not_processed"
    processed_at: int | None = None
    comment: str | None = None
    employee_id: int | None = None
    is_technical: bool = False
