"""The story a demo plays: people, what sales did with them, what broke, and what must be counted."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from leadloop.policy import Policy


class StoryAtFault(Exception):
    """A story cannot be played as it is written; the message names the place."""


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

    @property
    def days(self) -> int:
        """How many days it plays; a story may end with midnight."""
        return self.ends.day if self.ends.hour or self.ends.minute else self.ends.day - 1

    def check(self, policy: Policy) -> None:
        """Make sure that whom and what the story names is there. Raises ``StoryAtFault``."""
        names = [person.who for person in self.cast]
        stages = {*policy.crm.stages, "price"}
        for person in self.cast:
            if names.count(person.who) > 1:
                raise StoryAtFault(f"the story has two people named {person.who}; give one another name")
            if person.merges_into and person.merges_into.who not in names:
                raise StoryAtFault(f"{person.who} merges into {person.merges_into.who}, who is not in the cast")
            _expect(person, "then", [move.stage for move in person.then], stages)
            for oracle in ("counts", "unlinked", "unsent"):
                _expect(person, oracle, list(getattr(person, oracle)), policy.goals)

    def instant(self, moment: StoryMoment) -> datetime:
        """The moment as an instant."""
        midnight = datetime.combine(self.starts, time(), ZoneInfo(self.time_zone))
        return (midnight + timedelta(days=moment.day - 1, hours=moment.hour, minutes=moment.minute)).astimezone(UTC)

    def phone_of(self, person: Person) -> str:
        """A phone nobody has, different for everyone."""
        return f"+7 999 {self.cast.index(person) + 101:03d}-00-{self.cast.index(person) + 10:02d}"


def read_story(path: Path) -> Story:
    """Read a story file. Raises ``OSError`` or ``StoryAtFault``."""
    try:
        return Story.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise StoryAtFault(f"{path}: not YAML: {error}") from None
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise StoryAtFault(f"{path}: {faults}") from None


def _expect(person: Person, where: str, found: Iterable[str], known: Collection[str]) -> None:
    for name in found:
        if name not in known:
            raise StoryAtFault(f"{person.who}: {where}: expected one of {', '.join(sorted(known))}, found {name!r}")
