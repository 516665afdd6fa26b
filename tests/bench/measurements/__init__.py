"""One module for each thing measured. Each has ``measure(scale)``, which yields figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

from bench.figures import Figure
from bench.sampling import Scale

MEASUREMENTS = {
    "intake": "capture-lead in process",
    "intake-http": "capture-lead over HTTP",
    "cold-start": "imports and first answer of each package",
    "cold-start-at-share": "first answer at the share of a processor that each function gets, and its memory",
    "writes": "store writes over a lead's life",
    "cost": "what a thousand leads cost on Google Cloud",
    "rows": "rows from ledger to file",
    "upload-run": "an upload run at ten times the pending leads",
    "duplicates": "reads for a duplicate check",
}
"""Names by which ``--only`` chooses, in the order they are run."""


@dataclass(frozen=True)
class Unavailable:
    """A figure that cannot be taken here, and why."""

    what: str
    reason: str
    broken: bool = False
    """Whether something went wrong, rather than is not installed."""


def measure(name: str, scale: Scale) -> Iterator[Figure | Unavailable]:
    """The figures of one measurement. Its module is imported only now, so that others do not pay for it."""
    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    found: Iterator[Figure | Unavailable] = module.measure(scale)
    yield from found
