"""The order of everything that happens in a story."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TypeAlias

from leadloop_host.demo.story import Incident, Move, Person, Story, StoryMoment

TICK = timedelta(hours=2)
"""The period of upload-conversions in the manifest, on even hours UTC like its schedule."""
FIRST = StoryMoment(1, 0, 0)


@dataclass(frozen=True, slots=True)
class FormSent:
    """A person sends a form."""

    person: Person
    form: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class WalkedIn:
    """A manager types a person into the CRM."""

    person: Person


@dataclass(frozen=True, slots=True)
class SalesMoved:
    """Sales move a person's deal."""

    person: Person
    move: Move


@dataclass(frozen=True, slots=True)
class DealsJoined:
    """A manager joins two deals."""

    loser: Person
    winner: str


@dataclass(frozen=True, slots=True)
class SomethingBroke:
    """An incident."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class TimePassed:
    """A scheduled moment at which nothing else happens."""


Scene: TypeAlias = FormSent | WalkedIn | SalesMoved | DealsJoined | SomethingBroke | TimePassed


def timeline(story: Story) -> list[tuple[datetime, Scene]]:
    """Every scene with its instant, in order, and a tick every two hours so that schedules fire."""
    scenes: list[tuple[datetime, Scene]] = []
    for incident in story.incidents:
        scenes.append((story.instant(incident.at), SomethingBroke(incident)))
    for person in story.cast:
        scenes += [(story.instant(at), scene) for at, scene in _scenes_of(person)]
    scenes += [(instant, TimePassed()) for instant in _ticks(story)]
    return sorted(scenes, key=lambda pair: pair[0])


def _ticks(story: Story) -> Iterator[datetime]:
    midnight = datetime.combine(story.starts, time(), UTC)
    # The first day of the story may begin up to half a day before or after midnight UTC.
    now = next(midnight + n * TICK for n in range(-12, 13) if midnight + n * TICK >= story.instant(FIRST))
    while now <= story.instant(story.ends):
        yield now
        now += TICK


def _scenes_of(person: Person) -> list[tuple[StoryMoment, Scene]]:
    scenes: list[tuple[StoryMoment, Scene]] = [(move.at, SalesMoved(person, move)) for move in person.then]
    if person.at:
        scenes.append((person.at, FormSent(person, "main", person.sends)))
    if person.born_in_crm:
        scenes.append((person.born_in_crm, WalkedIn(person)))
    if person.again:
        scenes.append((person.again.at, FormSent(person, person.again.form)))
    if person.merges_into:
        scenes.append((person.merges_into.at, DealsJoined(person, person.merges_into.who)))
    return scenes
