"""Taking samples: what is compared takes turns, so that whatever else the machine does falls on both alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

Sample = Callable[[], float]
"""Does the work once and returns what it took."""


@dataclass(frozen=True)
class Scale:
    """How much work goes into a measurement."""

    name: str
    rounds: int
    warm_up: int
    """Calls before the first sample; an interpreter and its caches are slower at first."""
    calls: int
    """Calls in one sample of an in-process measurement."""
    requests: int
    """Requests in one sample over HTTP."""
    processes: int
    """Rounds of measurements whose sample is a fresh process."""
    rows: int
    pending: int
    """Leads awaiting upload in the smaller run; the larger has ten times as many."""
    lives: int
    """Leads whose whole life is played."""


FULL = Scale("full", 9, 300, 300, 300, 5, 100_000, 10_000, 100)
QUICK = Scale("quick", 3, 5, 10, 20, 1, 500, 50, 2)


class Spread(NamedTuple):
    """The median of some rounds, and their least and largest."""

    middle: float
    least: float
    largest: float


def spread_of(samples: list[float]) -> Spread:
    """Median, least and largest. Raises ``ValueError`` when there are none."""
    if not samples:
        raise ValueError("no samples: expected at least one round")
    return Spread(median(samples), min(samples), max(samples))


def ratios_of(ours: list[float], baseline: list[float]) -> list[float]:
    """Each round's own ratio, so that a slow minute of the machine cancels out."""
    return [one / other for one, other in zip(ours, baseline, strict=True)]


def interleave(rounds: int, contenders: Mapping[str, Sample]) -> dict[str, list[float]]:
    """Samples of each contender by name; every other round runs backwards, so that none always goes first."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        order = list(contenders) if number % 2 == 0 else list(contenders)[::-1]
        for name in order:
            taken[name].append(contenders[name]())
    return taken


def timed(work: Callable[[], object], calls: int, clock: Callable[[], float] = time.perf_counter) -> Sample:
    """A sample of so many calls: seconds of one call by ``clock``."""

    def sample() -> float:
        with undisturbed():
            begun = clock()
            for _ in range(calls):
                work()
            return (clock() - begun) / calls

    return sample


@contextmanager
def undisturbed() -> Iterator[None]:
    """Without the garbage collector, which would fall on whoever comes by."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
