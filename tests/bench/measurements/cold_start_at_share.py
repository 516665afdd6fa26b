"""How long a new instance takes to its first good answer with the share of a processor that the manifest gives it,
by the clock, and the memory that it held then against the memory that it gets.

Of Cloud Run's own part, finding a machine and fetching the image, nothing is in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from bench.figures import Figure, Gate, compared, counted
from bench.packaged import Packaged, cloud, every_function, packaged
from bench.processes import Server
from bench.sampling import Scale
from bench.throttle import throttled
from leadloop.manifest import Function
from support.knocks import MANIFEST

PATIENCE = 2000.0
"""Milliseconds that amoCRM waits for the answer to a webhook; a form's visitor waits no longer either.
https://www.amocrm.ru/developers/content/crm_platform/webhooks-format"""
IN_TIME = Gate(1)
"""Of that patience, for whatever somebody outside waits for."""
ROOM = Gate(0.75)
"""Of the memory: what a call needs on top must fit too."""
MOST_ROUNDS = 3
"""Half a minute each."""
BY_MEMORY_ALONE = 0.333
"""What 512 MiB would bring along unasked: https://cloud.google.com/functions/docs/configuring/memory"""


class Start(NamedTuple):
    """One instance that was started."""

    milliseconds: float
    peak_mib: float
    means: str


def measure(scale: Scale) -> Iterator[Figure]:
    """Rounds of every function in turn; the one with a deadline also as it would be by its memory alone."""
    names = every_function() if scale.processes > 1 else ["receive-crm-event"]
    with TemporaryDirectory() as folder, cloud() as around:
        functions = packaged(Path(folder), around, names)
        runs = [(one, MANIFEST.functions[one.name].cpu) for one in functions]
        runs += [(one, BY_MEMORY_ALONE) for one in functions if one.name == "receive-crm-event"]
        taken: dict[tuple[str, float], list[Start]] = {}
        for number in range(min(MOST_ROUNDS, scale.processes)):
            for one, share in runs if number % 2 == 0 else reversed(runs):
                taken.setdefault((one.name, share), []).append(_start(one, share, around))
    for (name, share), starts in sorted(taken.items()):
        yield from _figures(name, share, MANIFEST.functions[name], starts)


def _start(one: Packaged, share: float, around: dict[str, str]) -> Start:
    threads = str(MANIFEST.functions[one.name].concurrency)
    with throttled(share) as throttle:
        own = {"PYTHONPATH": str(one.folder), "THREADS": threads}
        server = Server(one.target, one.main, {**around, **own}, throttle)
        try:
            headers = {"Content-Type": one.knock.content_type, **one.knock.headers}
            wall = server.first_answer("POST", one.knock.path, one.knock.body, headers)
            return Start(wall * 1000, server.peak_mib(), throttle.name)
        finally:
            server.end()


def _figures(name: str, share: float, function: Function, starts: list[Start]) -> Iterator[Figure]:
    title, note = f"{name} at {share:g} cpu, first answer", f"by {starts[0].means}"
    wall = [start.milliseconds for start in starts]
    if share != function.cpu:
        yield counted(f"{title} (not what it gets)", "ms", wall, note=note)
        return
    if function.public:
        yield compared(title, "ms", wall, [PATIENCE] * len(wall), IN_TIME, note)
    else:
        yield counted(title, "ms", wall, note=note)
    limit = function.memory_gib * 1024
    yield compared(f"{name}, memory", "MiB", [start.peak_mib for start in starts], [limit] * len(starts), ROOM)
