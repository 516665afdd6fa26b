"""Plays by plan, where calls died in them, and where of the journey none did."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from faults import promises
from faults.journey import journey
from faults.plans import Only, read_plan
from faults.storage import Documents
from faults.touches import Moment
from leadloop_host.demo.performance import MEMORY
from leadloop_host.demo.story import Story, read_story
from support.stories import EXAMPLE

Open: TypeAlias = Callable[[Path], AbstractContextManager[Documents]]
"""Makes room for the documents of one play."""

CASTS: Mapping[str, tuple[str, ...]] = {
    "few": (
        *("Егор", "Роман", "Светлана", "Фёдор", "Цветана", "Шамиль", "Элла", "Юрий", "Ярослав"),
        *("Алиса", "Артём", "Виктор", "Денис", "Игорь"),
    ),
    "three": ("Роман", "Алиса", "Артём"),
}
"""Parts of the cast. With the few everything happens that happens with all: a test tells. Three are for slow stores,
and call every function, too."""
WHOLE = "whole"


@dataclass(frozen=True)
class Place:
    """A moment in a play: the call of its function, and which of its moments."""

    number: int
    place: int


@dataclass(frozen=True)
class Play:
    """What came of a story under a plan."""

    plan: str
    seconds: float
    calls: int
    places: Mapping[Moment, tuple[Place, ...]]
    """Every moment that was met, and where."""
    died_at: Counter[Moment]
    broken: tuple[str, ...]
    """Promises that do not hold."""
    folded: promises.Folded
    late: frozenset[str]
    """Leads that sales got round to later than undisturbed, because some deal was not there yet."""
    variables: frozenset[tuple[str, str]] = frozenset()
    """Function, and an environment variable that it looked at."""

    def faults(self, undisturbed: Play) -> list[str]:
        """What is not as it must be: promises broken, or a lead that became something else than undisturbed."""
        return [*self.broken, *(self._differences(undisturbed.folded) if self.folded else ())]

    @classmethod
    def ended(cls, plan: str, reason: str) -> Play:
        """A play that could not be played to its end."""
        return cls(plan, 0.0, 0, {}, Counter(), (reason,), {}, frozenset())

    def _differences(self, expected: promises.Folded) -> Iterator[str]:
        for lead_id in sorted(expected.keys() | self.folded.keys()):
            undisturbed, found = expected.get(lead_id), self.folded.get(lead_id)
            if undisturbed is None or found is None:
                yield f"lead {lead_id} is {'missing' if found is None else 'there'}, unlike in the undisturbed play"
                continue
            for name, value in undisturbed.items():
                may_differ = lead_id in self.late and name in promises.AS_SALES_MOVED
                if found[name] != value and not may_differ:
                    yield f"lead {lead_id}: {name}: undisturbed {value}, found {found[name]}"

    def told(self) -> str:
        """The play in a line."""
        died = f"{self.died_at.total():>5} deaths at {len(self.died_at):>3} of {len(self.places)} moments"
        return f"{self.plan:<36} {self.calls:>6} calls, {died}, {self.seconds:.0f} s"


def cast_of(name: str) -> Story:
    """The demo's story with its ``whole`` cast or a part of it."""
    story = read_story(EXAMPLE / "story.yaml")
    if name == WHOLE:
        return story
    return story.model_copy(update={"cast": tuple(person for person in story.cast if person.who in CASTS[name])})


def play(story: Story, plan: str, open_documents: Open) -> Play:
    """Play a story until nothing more can happen in it."""
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="leadloop-crashes-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        with open_documents(folder) as documents, journey(story, read_plan(plan), documents, folder) as played:
            played.play()
            machine = played.company.machine
            return Play(
                plan,
                time.monotonic() - began,
                machine.calls.total(),
                {moment: tuple(Place(*one) for one in places) for moment, places in machine.places.items()},
                machine.deaths,
                tuple(promises.broken(played.company, played.player)),
                promises.folded(played.company),
                frozenset(played.player.late()),
                frozenset(machine.variables),
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def holes(undisturbed: Play, plays: Iterable[Play]) -> list[Moment]:
    """Moments of the undisturbed play at which no call has died in any of the others."""
    died_at = {moment for one in plays for moment in one.died_at}
    return sorted(undisturbed.places.keys() - died_at)


def without_holes(undisturbed: Play, plays: Iterable[Play], play_on: Callable[[str], Play]) -> Iterator[Play]:
    """More plays, until calls have died at every moment of the undisturbed one.

    A death may turn the journey another way, past some of them. But it is the undisturbed one up to its first death,
    so each of these plays meets one of the moments it is for, at least.
    """
    left = set(holes(undisturbed, plays))
    while left:
        another = play_on(str(Only(tuple(sorted(left)))))
        yield another
        left -= another.died_at.keys()


def singles(undisturbed: Play) -> list[str]:
    """A plan for each moment where it first comes, and one where it last comes."""
    chosen = {
        (moment.function, place) for moment, places in undisturbed.places.items() for place in (places[0], places[-1])
    }
    return [
        f"single:{function}:{at.number}:{at.place}"
        for function, at in sorted(chosen, key=lambda one: (one[0], one[1].number, one[1].place))
    ]


def sweeps(undisturbed: Play) -> list[str]:
    """A plan for each moment that a call can come to, by its number within the call."""
    longest = max(at.place for places in undisturbed.places.values() for at in places)
    return [f"sweep:{place}" for place in range(longest + 1)]
