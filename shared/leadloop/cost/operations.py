"""What a lead makes every function do, as the benchmark counted it: ``operations.json`` beside this page.

``make count`` counts again. A test counts too and compares, so the file cannot fall behind the code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

from pydantic import TypeAdapter

COUNTED = Path(__file__).parent / "operations.json"

LEAST_MESSAGE_BYTES = 1000
"""What a message is billed as at least, each way: https://cloud.google.com/pubsub/pricing"""


@dataclass(frozen=True)
class Operations:
    """What one function did, summed over its calls."""

    calls: float = 0
    store_calls: float = 0
    """Round trips to the document store."""
    reads: float = 0
    """Documents, as Firestore bills them; likewise the next two."""
    writes: float = 0
    deletes: float = 0
    messages: float = 0
    published_bytes: float = 0
    """As Pub/Sub bills them, at least 1,000 a message; likewise the next."""
    pushed_bytes: float = 0
    vendor_calls: float = 0
    sent_bytes: float = 0
    """To vendors, and in answers to callers outside the cloud; without what TLS and TCP add."""
    log_bytes: float = 0

    def __add__(self, other: Operations) -> Operations:
        return Operations(*(one + another for one, another in zip(self._amounts, other._amounts, strict=True)))

    def times(self, factor: float) -> Operations:
        """So many times all of it."""
        return Operations(*(amount * factor for amount in self._amounts))

    @property
    def _amounts(self) -> tuple[float, ...]:
        return tuple(getattr(self, one.name) for one in fields(self))


@dataclass(frozen=True)
class Resting:
    """Documents that stay when the work is done, with their index entries."""

    bytes: float = 0
    """Of those that nothing removes."""
    expiring: float = 0
    """Documents that Firestore removes by itself, each a delete that is billed."""
    expiring_bytes: float = 0

    def __add__(self, other: Resting) -> Resting:
        pairs = ((getattr(self, one.name), getattr(other, one.name)) for one in fields(self))
        return Resting(*(one + another for one, another in pairs))

    def times(self, factor: float) -> Resting:
        """So many times all of it."""
        return Resting(*(getattr(self, one.name) * factor for one in fields(self)))


@dataclass(frozen=True)
class Sample:
    """Some leads whose lives went side by side."""

    leads: int
    functions: Mapping[str, Operations]
    rests: Resting


@dataclass(frozen=True)
class Lives:
    """Two samples: what grows with the leads is a lead's own, and what does not is shared by those in a run."""

    few: Sample
    many: Sample

    @cached_property
    def per_lead(self) -> dict[str, Operations]:
        """What each further lead adds, by function."""
        more = self.many.leads - self.few.leads
        return {
            name: (operations + self.few.functions.get(name, Operations()).times(-1)).times(1 / more)
            for name, operations in self.many.functions.items()
        }

    @cached_property
    def per_run(self) -> dict[str, Operations]:
        """What a run of a scheduled function does however many leads are in it, by function."""
        shared = {
            name: operations + self.per_lead[name].times(-self.few.leads)
            for name, operations in self.few.functions.items()
        }
        return {name: one.times(1 / one.calls) for name, one in shared.items() if one.calls > 0}

    @cached_property
    def rests(self) -> Resting:
        """What a lead leaves behind."""
        return (self.many.rests + self.few.rests.times(-1)).times(1 / (self.many.leads - self.few.leads))

    def runs(self, function: str) -> float:
        """How many runs of a scheduled function a life is in."""
        return self.few.functions.get(function, Operations()).calls


@dataclass(frozen=True)
class Counted:
    """All that was counted, and the processor time that was measured along with it."""

    pull: Lives
    """From form to sale (three stages, two conversions), the CRM asked every quarter of an hour."""
    webhooks: Lives
    """The same with a webhook of the CRM for every change."""
    visit: Lives
    """A lead's browser comes back to the site once."""
    idle: Mapping[str, Operations]
    """One run of each scheduled function when there is nothing to do."""
    cpu_seconds: Mapping[str, float]
    """Of one call of each function, without its clients; the only figures that differ from machine to machine."""

    @property
    def functions(self) -> set[str]:
        """Those that were called."""
        lived = (lives.many.functions for lives in (self.pull, self.webhooks, self.visit))
        return set(self.idle).union(*lived)


def load_counted(path: Path = COUNTED) -> Counted:
    """Read what was counted. Raises ``OSError``, or ``pydantic.ValidationError`` when the file was not made by it."""
    return TypeAdapter(Counted).validate_json(path.read_bytes())


def write_counted(counted: Counted, path: Path = COUNTED) -> None:
    """Replace the file."""
    found = TypeAdapter(Counted).dump_python(counted, mode="json")
    path.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
