"""Counts what a lead makes every function do: ``python -m bench.counting`` writes it down for ``leadloop cost``."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field

from bench.bill import Bill
from bench.life import lives
from leadloop.cost.operations import COUNTED, Counted, Lives, Resting, Sample, write_counted

FEW, MANY = 4, 12
"""Leads side by side in the two samples: few enough that each list of the CRM is one page, each commit one."""


@dataclass
class _Timed:
    """Processor seconds and calls, of every bill that was taken."""

    seconds: dict[str, float] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)

    def take(self, bill: Bill) -> None:
        for name, seconds in bill.cpu.items():
            self.seconds[name] = self.seconds.get(name, 0) + seconds
        self.calls.update(bill.of("calls"))

    def mean(self) -> dict[str, float]:
        return {name: round(self.seconds[name] / calls, 5) for name, calls in sorted(self.calls.items())}


def count() -> Counted:
    """Live two samples of leads through, by pull and with webhooks, let them come back once, and let all be quiet.

    All but ``cpu_seconds`` is the same whenever the code is.
    """
    timed = _Timed()
    pull, _, _ = _live(timed, with_hooks=False)
    timed = _Timed()  # the first lives also paid for what is compiled once
    webhooks, visit, idle = _live(timed, with_hooks=True)
    return Counted(pull, webhooks, visit, idle.as_operations(), timed.mean())


def _live(timed: _Timed, *, with_hooks: bool) -> tuple[Lives, Lives, Bill]:
    lived: list[Sample] = []
    visited: list[Sample] = []
    idle = Bill()
    for leads in (FEW, MANY):
        with lives(leads, with_hooks=with_hooks) as people:
            life, rests = people.play(), people.resting()
            visit, after = people.come_back(), people.resting()
            idle = people.rest()
        lived.append(_sample(leads, life, rests))
        visited.append(_sample(leads, visit, after + rests.times(-1)))
        for bill in (life, visit, idle):
            timed.take(bill)
    return Lives(*lived), Lives(*visited), idle


def _sample(leads: int, bill: Bill, rests: Resting) -> Sample:
    return Sample(leads, bill.as_operations(), rests)


if __name__ == "__main__":
    write_counted(count())
    sys.stdout.write(f"{COUNTED.name} is written; `leadloop cost --leads-per-day 300` uses it\n")
