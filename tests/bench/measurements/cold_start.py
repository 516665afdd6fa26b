"""What a new instance of each function costs until its first good answer, against the libraries that it cannot avoid.

The baseline is a function that loads functions-framework, pydantic and the same clients, and makes the calls of each.
What a process takes to come to its end is in neither figure: nobody waits for it, and it is a third of the whole.
"""

from __future__ import annotations

import compileall
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory

from bench import served
from bench.figures import Figure, Gate, compared, counted
from bench.packaged import Packaged, cloud, every_function, packaged
from bench.processes import Cost, Server, run_python
from bench.sampling import Scale
from support.knocks import Knock

GATE = Gate(1.15)
SHARES_OF_A_CPU = (0.167, 0.333, 0.583, 1.0)
"""What 256, 512, 1024 and 2048 MiB get by default: https://cloud.google.com/functions/docs/configuring/memory"""

IMPORT = """
import os, sys
sys.path.insert(0, sys.argv[1])
import functions_framework
functions_framework.create_app(sys.argv[2], sys.argv[1] + "/main.py")
os._exit(0)
"""

Clients = tuple[str, ...]
Costs = dict[str | Clients, list[Cost]]


def measure(scale: Scale) -> Iterator[Figure]:
    """Rounds of every function and every baseline in turn: imports by themselves, then served by gunicorn."""
    names = every_function() if scale.processes > 1 else ["capture-lead"]
    with TemporaryDirectory() as folder, cloud() as around:
        functions = packaged(Path(folder), around, names)
        bases = {clients: _base(Path(folder), clients) for clients in sorted({one.clients for one in functions})}
        imported = _rounds(scale, functions, bases, partial(_import, around))
        answered = _rounds(scale, functions, bases, partial(_answer, around))
    for one in functions:
        yield from _figures(one, imported, answered)


def _rounds(
    scale: Scale, functions: list[Packaged], bases: dict[Clients, Packaged], cost: Callable[[Packaged], Cost]
) -> Costs:
    # Each baseline stands beside those that are compared with it: what the machine does meanwhile falls on all alike.
    everyone: list[tuple[str | Clients, Packaged]] = []
    for clients, base in bases.items():
        everyone += [(clients, base), *((one.name, one) for one in functions if one.clients == clients)]
    taken: Costs = {who: [] for who, _ in everyone}
    for number in range(scale.processes):
        for who, one in everyone if number % 2 == 0 else reversed(everyone):
            taken[who].append(cost(one))
    return taken


def _figures(one: Packaged, imported: Costs, answered: Costs) -> Iterator[Figure]:
    note = f"on top of functions-framework, pydantic, {', '.join(one.clients)}"
    for title, costs, gates in (("import", imported, (GATE, None)), ("first answer", answered, (GATE, GATE))):
        ours, base = costs[one.name], costs[one.clients]
        cpu = [cost.cpu * 1000 for cost in ours], [cost.cpu * 1000 for cost in base]
        yield compared(f"{one.name}, {title}, CPU", "ms", *cpu, gates[0], note)
        if gates[1]:
            wall = [cost.wall * 1000 for cost in ours], [cost.wall * 1000 for cost in base]
            yield compared(f"{one.name}, {title}, wall", "ms", *wall, gates[1], note)
    seconds = sorted(cost.cpu for cost in answered[one.name])[len(answered[one.name]) // 2]
    if one.name in {"capture-lead", "receive-crm-event"}:
        for share in SHARES_OF_A_CPU:
            yield counted(f"{one.name}, predicted at {share:g} vCPU", "s", [seconds / share])


def _import(around: dict[str, str], one: Packaged) -> Cost:
    told = {**around, "BENCH_CLIENTS": ",".join(one.clients)}
    return run_python(IMPORT, told, str(one.folder), one.target)


def _answer(around: dict[str, str], one: Packaged) -> Cost:
    own = {"PYTHONPATH": str(one.folder), "BENCH_CLIENTS": ",".join(one.clients), "THREADS": "8"}
    server = Server(one.target, one.main, {**around, **own})
    try:
        headers = {"Content-Type": one.knock.content_type, **one.knock.headers}
        wall = server.first_answer("POST", one.knock.path, one.knock.body, headers)
        return Cost(wall, server.cpu())
    finally:
        server.end()


def _base(folder: Path, clients: Clients) -> Packaged:
    place = folder / ("base-" + "-".join(clients).replace("/", ""))
    place.mkdir()
    copy(Path(served.__file__).parent / "clients.py", place / "main.py")
    compileall.compile_dir(place, quiet=1)
    return Packaged("nothing of leadloop", "clients", place, clients, Knock(b"{}", 200))
