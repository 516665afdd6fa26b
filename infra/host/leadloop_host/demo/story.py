"""The story a demo plays: people, what sales did with them, what broke, and what must be counted."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class StoryMoment(NamedTuple):
    """``day hour:minute`` of the story; day 1 is its first."""

    day: int
    hour: int
    minute: int

    @classmethod
    def read(cls, text: object) -> StoryMoment:
        """Read ``9 16:20``. Raises ``ValueError``."""
        day, _, clock = str(text).partition(" ")
        hour, _, minute = clock.partition(":")
        return cls(int(day), int(hour), int(minute))


def _moment(value: object) -> StoryMoment:
    return value if isinstance(value, StoryMoment) else StoryMoment.read(value)


Moment = Annotated[StoryMoment, BeforeValidator(_moment)]


class Move(NamedTuple):
    """What sales did: ``sold 14850000`` enters a stage with a price, ``price 21500000`` only sets it."""

    at: StoryMoment
    stage: str
    price: int | None

    @classmethod
    def read(cls, text: object) -> Move:
        """Read ``18 15:30 sold 14850000``. Raises ``ValueError``."""
        day, clock, stage, *price = str(text).split()
        return cls(StoryMoment.read(f"{day} {clock}"), stage, int(price[0]) if price else None)


def _moves(value: object) -> list[Move]:
    return [item if isinstance(item, Move) else Move.read(item) for item in value] if isinstance(value, list) else []


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Again(_Part):
    """A second form by the same person."""

    at: Moment
    form: str


class Merge(_Part):
    """A manager joins this person's deal into somebody else's."""

    who: str
    at: Moment


class Person(_Part):
    """One of the cast."""

    who: str
    wants: str
    at: Moment | None = None
    born_in_crm: Moment | None = None
    client_id: str | None = None
    true_client_id: str | None = None
    """What Metrica knows, where the form's ClientID was spoilt on its way."""
    yclid: str | None = None
    utm: str = ""
    referrer: str = ""
    sends: int = 1
    again: Again | None = None
    merges_into: Merge | None = None
    then: Annotated[tuple[Move, ...], BeforeValidator(_moves)] = ()
    counts: tuple[str, ...] = ()
    unlinked: dict[str, str] = Field(default_factory=dict)
    unsent: dict[str, str] = Field(default_factory=dict)


class Incident(_Part):
    """Something breaks: a settings change or a fault order for a stand-in."""

    at: Moment
    say: str
    amocrm: dict[str, Any] = Field(default_factory=dict)
    metrica: dict[str, Any] = Field(default_factory=dict)


class Story(_Part):
    """Everything a demo plays."""

    starts: date
    time_zone: str
    ends: Moment
    cast: tuple[Person, ...]
    incidents: tuple[Incident, ...]

    def instant(self, moment: StoryMoment) -> datetime:
        """The moment as an instant."""
        midnight = datetime.combine(self.starts, time(), ZoneInfo(self.time_zone))
        return (midnight + timedelta(days=moment.day - 1, hours=moment.hour, minutes=moment.minute)).astimezone(UTC)

    def phone_of(self, person: Person) -> str:
        """A phone nobody has, different for everyone."""
        return f"+7 999 {self.cast.index(person) + 101:03d}-00-{self.cast.index(person) + 10:02d}"


def read_story(path: Path) -> Story:
    """Read a story file. Raises ``pydantic.ValidationError`` or ``yaml.YAMLError``."""
    return Story.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
