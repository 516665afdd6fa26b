"""When processes die."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from faults.touches import Moment


class Occasion(NamedTuple):
    """A call under way."""

    function: str
    number: int
    """Which call of this function it is in the play, from 0."""
    deaths: int
    """How often the very same call has died in a row: the same message, form, webhook or schedule."""


class Plan(Protocol):
    """Decides at which moments calls die. A plan is for one play."""

    @property
    def redelivers_soon(self) -> bool:
        """Whether the bus brings what a process died with while the leases of the dead still hold."""
        ...

    @property
    def is_deadly(self) -> bool:
        """Whether one call may die many times in a row, so that schedules must fire often to get anywhere."""
        ...

    def dies(self, occasion: Occasion, way: Sequence[Moment]) -> bool:
        """Whether the call dies at the last of the moments that it has come to so far."""
        ...


@dataclass(frozen=True)
class Undisturbed:
    """Nothing dies."""

    redelivers_soon: bool = False
    is_deadly: bool = False

    def dies(self, occasion: Occasion, way: Sequence[Moment]) -> bool:
        return False

    def __str__(self) -> str:
        return "undisturbed"


@dataclass
class Progressive:
    """Every call dies at its moment 0, comes again, dies at its moment 1, and so on until it lives through.

    At no moment more than ``most`` times: a file that is never sent, because its sender dies whenever it is about
    to, is beyond anybody's help.
    """

    redelivers_soon: bool = False
    is_deadly: bool = True
    most: int = 20
    _deaths: Counter[Moment] = field(default_factory=Counter)

    def dies(self, occasion: Occasion, way: Sequence[Moment]) -> bool:
        is_next = len(way) == occasion.deaths + 1 and self._deaths[way[-1]] < self.most
        self._deaths[way[-1]] += is_next
        return is_next

    def __str__(self) -> str:
        return "progressive"


@dataclass(frozen=True)
class Sweep:
    """Every call dies once, always at the same moment, if it gets there; when it comes again, it lives."""

    place: int
    is_deadly: bool = False

    @property
    def redelivers_soon(self) -> bool:
        """By turns, because both happen: a broken connection is seen at once, a hung process is not."""
        return self.place % 4 < 2

    def dies(self, occasion: Occasion, way: Sequence[Moment]) -> bool:
        return len(way) == self.place + 1 and not occasion.deaths

    def __str__(self) -> str:
        return f"sweep:{self.place}"


@dataclass(frozen=True)
class Single:
    """One call dies once, and nothing else ever."""

    function: str
    number: int
    place: int
    is_deadly: bool = False

    @property
    def redelivers_soon(self) -> bool:
        return self.place % 4 < 2

    def dies(self, occasion: Occasion, way: Sequence[Moment]) -> bool:
        return (occasion.function, occasion.number, len(way)) == (self.function, self.number, self.place + 1)

    def __str__(self) -> str:
        return f"single:{self.function}:{self.number}:{self.place}"


@dataclass
class EachOnce:
    """Calls die wherever none has died before: at every moment that there is, once, when it first comes."""

    redelivers_soon: bool = False
    is_deadly: bool = True
    _died_at: set[Moment] = field(default_factory=set)

    def dies(self, occasion: Occasion, way: Sequence[Moment]) -> bool:
        is_new = way[-1] not in self._died_at
        self._died_at.add(way[-1])
        return is_new

    def __str__(self) -> str:
        return "each-once:soon" if self.redelivers_soon else "each-once"


@dataclass
class Only:
    """Calls die at the moments named, at each once, when it first comes."""

    moments: tuple[Moment, ...]
    redelivers_soon: bool = False
    is_deadly: bool = False
    _died_at: set[Moment] = field(default_factory=set)

    def dies(self, occasion: Occasion, way: Sequence[Moment]) -> bool:
        is_new = way[-1] in self.moments and way[-1] not in self._died_at
        self._died_at.add(way[-1])
        return is_new

    def __str__(self) -> str:
        return f"only:{';'.join(map(str, self.moments))}"


@dataclass
class EachWay:
    """Calls die at every moment of every way there is: the same moment after other touches is another one.

    As ``Progressive``, but for calls that go a way that many have died on already: those live.
    """

    redelivers_soon: bool = False
    is_deadly: bool = True
    _died_on: set[tuple[Moment, ...]] = field(default_factory=set)

    def dies(self, occasion: Occasion, way: Sequence[Moment]) -> bool:
        is_new = tuple(way) not in self._died_on
        self._died_on.add(tuple(way))
        return is_new

    def __str__(self) -> str:
        return "each-way:soon" if self.redelivers_soon else "each-way"


_PLANS: Mapping[str, Callable[[], Plan]] = {
    "undisturbed": Undisturbed,
    "each-once": EachOnce,
    "each-once:soon": lambda: EachOnce(redelivers_soon=True),
    "each-way": EachWay,
    "each-way:soon": lambda: EachWay(redelivers_soon=True),
    "progressive": Progressive,
}


def read_plan(text: str) -> Plan:
    """A new plan, of a text as ``str`` gives it. Raises ``ValueError``."""
    if text in _PLANS:
        return _PLANS[text]()
    if text.startswith("only:"):
        return Only(tuple(Moment.read(one) for one in text.removeprefix("only:").split(";")))
    match text.split(":"):
        case ["sweep", place]:
            return Sweep(int(place))
        case ["single", function, number, place]:
            return Single(function, int(number), int(place))
    known = ", ".join(_PLANS)
    raise ValueError(f"expected {known}, sweep:PLACE, single:FUNCTION:CALL:PLACE or only:MOMENT;…, found {text!r}")
