"""What goes wrong, drawn from a seed: the same seed brings the same trouble."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from random import Random
from typing import Any, TypeVar

from support.interruptions import Interrupter

T = TypeVar("T")

LIKELIHOODS = {
    "crash": 0.05,
    "crash in upload-conversions": 0.15,
    "crash in deliver-lead": 0.15,
    "doubled message": 0.10,
    "lost acknowledgement": 0.05,
    "doubled schedule": 0.12,
    "lost webhook": 0.20,
    "doubled webhook": 0.10,
    "bus down": 0.08,
    "vendor down": 0.15,
}
"""How often each misfortune happens at one of its occasions."""

_DEEPEST = {"upload-conversions": 60, "deliver-lead": 24}
_USUALLY_DEEPEST = 30
"""A crash comes at one of so many moments; some calls end sooner, so not every crash that was drawn happens."""

VENDOR_FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("metrica", {"fault": "accept_then_drop", "path": "/upload$", "method": "POST"}),
    ("metrica", {"fault": "accept_then_status", "status": 500, "path": "/upload$", "method": "POST"}),
    ("metrica", {"fault": "accept_then_status", "status": 502, "path": "/upload$", "method": "POST"}),
    ("metrica", {"fault": "drop_before", "path": "/upload$", "method": "POST"}),
    ("metrica", {"fault": "quota", "path": "/upload$", "method": "POST"}),
    ("metrica", {"fault": "truncate", "path": "/upload$", "method": "POST"}),
    ("metrica", {"fault": "listing_lag", "minutes": 100.0, "path": "/uploadings$", "times": 2}),
    ("metrica", {"fault": "backend_error", "path": "/uploadings$", "times": 3}),
    ("metrica", {"fault": "status", "status": 502, "path": "/goals$", "times": 3}),
    ("metrica", {"fault": "quota", "status": 420, "path": "/uploading/"}),
    ("amocrm", {"fault": "accept_then_drop", "path": "/leads/complex$", "method": "POST"}),
    ("amocrm", {"fault": "accept_then_status", "status": 504, "path": "/leads/complex$", "method": "POST"}),
    ("amocrm", {"fault": "status", "status": 429, "path": "/leads/complex$", "method": "POST"}),
    ("amocrm", {"fault": "drop_before", "path": "/leads/complex$", "method": "POST"}),
    ("amocrm", {"fault": "status", "status": 502, "path": "/api/v4/leads$", "method": "GET", "times": 6}),
    ("amocrm", {"fault": "drop_before", "path": "/api/v4/events$", "times": 3}),
    ("amocrm", {"fault": "status", "status": 429, "path": "/api/v4/", "times": 4}),
    ("amocrm", {"fault": "accept_then_drop", "method": "PATCH"}),
)


class Trouble:
    """Misfortunes at every occasion, each with its likelihood."""

    def __init__(
        self,
        chance: Random,
        journal: list[str],
        *,
        scale: float = 1.0,
        likelihoods: Mapping[str, float] | None = None,
    ) -> None:
        """``likelihoods`` replace some of ``LIKELIHOODS``."""
        self.scale = scale
        self._likelihoods = {**LIKELIHOODS, **(likelihoods or {})}
        self._chance = chance
        self._journal = journal

    @classmethod
    def none(cls) -> Trouble:
        """Everything goes right."""
        return cls(Random(0), [], scale=0.0)

    def end(self) -> None:
        """Nothing goes wrong any more."""
        self.scale = 0.0

    def happens(self, misfortune: str) -> bool:
        """Whether it happens at this occasion."""
        comes = self.scale > 0 and self._chance.random() < self._likelihoods[misfortune] * self.scale
        if comes:
            self._journal.append(f"    ! {misfortune}")
        return comes

    def shuffle(self, things: list[T]) -> None:
        """Bring them out of order."""
        if self.scale > 0:
            self._chance.shuffle(things)

    def interrupter(self, function: str) -> Interrupter | None:
        """Perhaps the end of the process, at some touch of the outside."""
        named = f"crash in {function}"
        if not self.happens(named if named in LIKELIHOODS else "crash"):
            return None
        moment = self._chance.randrange(_DEEPEST.get(function, _USUALLY_DEEPEST))
        self._journal.append(f"      {function} is to die at moment {moment}")
        return Interrupter.crash(moment)

    def second_run(self, run: Callable[[], object]) -> Interrupter | None:
        """Perhaps the same schedule fires twice: the second run begins and ends at some touch of the first."""
        if not self.happens("doubled schedule"):
            return None
        return Interrupter(self._chance.randrange(_USUALLY_DEEPEST), lambda: (run(), None)[1])

    def vendor_fault(self) -> tuple[str, dict[str, Any]] | None:
        """Perhaps something that a vendor does wrong from now on, and which vendor."""
        if not self.happens("vendor down"):
            return None
        vendor, fault = self._chance.choice(VENDOR_FAULTS)
        self._journal.append(f"      {vendor}: {fault}")
        return vendor, dict(fault)


class Scripted(Trouble):
    """Just these misfortunes: one function dies at its first call, at a moment, and some things happen every time.

    Without a moment nothing dies, and ``moments`` tells afterwards how many there were to die at.
    """

    def __init__(self, function: str = "", moment: int | None = None, always: Collection[str] = ()) -> None:
        super().__init__(Random(0), [])
        self._function = function
        self._always = frozenset(always)
        self._waiting: Interrupter | None = Interrupter.crash(moment)
        self._first = self._waiting

    @property
    def moments(self) -> int:
        """How many moments the function's first call had."""
        assert self._first is not None
        return self._first.passed

    def happens(self, misfortune: str) -> bool:
        """Those of the script, every time."""
        return misfortune in self._always and self.scale > 0

    def shuffle(self, things: list[T]) -> None:
        """Everything stays in its order."""

    def interrupter(self, function: str) -> Interrupter | None:
        """At the first call of the function of the script."""
        if function != self._function:
            return None
        chosen, self._waiting = self._waiting, None
        return chosen
