"""capture-lead against a bare function over HTTP: each served by functions-framework in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure, Gate, compared
from bench.form_post import BARE, FUNCTIONS, HEADERS, READY_KEY, settings
from bench.http_load import post_many
from bench.processes import Server, environment, serving
from bench.sampling import Scale, interleave

IN_MEMORY = Path(__file__).parents[1] / "served" / "intake_in_memory.py"
INTAKE = FUNCTIONS / "capture_lead" / "main.py"
GATE = Gate(1.3)


def measure(scale: Scale) -> Iterator[Figure]:
    """Kept-alive connections from one client process, which shares the machine's cores with the server."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        around = environment(**settings(Path(folder)))
        servers = {
            "bare": stack.enter_context(serving("bare", BARE, around)),
            "memory": stack.enter_context(serving("capture_lead", IN_MEMORY, around)),
            "durable": stack.enter_context(serving("capture_lead", INTAKE, around)),
        }
        for server in servers.values():
            server.first_answer("POST", "/", READY_KEY, HEADERS)
            post_many(server.port, READY_KEY, HEADERS, scale.warm_up, 1)
        for connections in (1, 8):
            yield from _compare(scale, servers, connections)


def _compare(scale: Scale, servers: Mapping[str, Server], connections: int) -> Iterator[Figure]:
    def sample(server: Server) -> float:
        return post_many(server.port, READY_KEY, HEADERS, scale.requests, connections).seconds * 1e6

    taken = interleave(scale.rounds, {name: partial(sample, server) for name, server in servers.items()})
    for name, gate in (("memory", GATE), ("durable", None)):
        title = f"intake over HTTP, {name}, {connections} at once"
        yield compared(
            title, "µs", taken[name], taken["bare"], gate, "wall time of a request, all connections together"
        )
