"""capture-lead against a function that only reads the body: both behind functions-framework, in one process.

What both pay for (Werkzeug's test client, Flask, functions-framework) is in both figures.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import functions_framework
from flask import Flask
from flask.testing import FlaskClient

from bench.figures import Figure, Gate, compared, counted
from bench.form_post import BARE, FUNCTIONS, HEADERS, RAW_PHONE, READY_KEY, world
from bench.measurements import Unavailable
from bench.sampling import Scale, interleave, timed
from leadloop.adapters.pubsub_bus import PubsubBus
from leadloop.adapters.pubsub_connection import EMULATOR, open_publisher
from leadloop.runtime import Runtime, using
from leadloop_host.emulators import EmulatorDidNotStart, EmulatorMissing, pubsub_emulator
from support.knocks import SETTINGS, knock_of
from support.world import World

GATE = Gate(1.3)
PROJECT = "demo-bench"


def measure(scale: Scale) -> Iterator[Figure | Unavailable]:
    """In memory by processor time; durable by the clock on the wall, since a disk is waited for."""
    bare, ours = client_of("bare", BARE), client_of("capture_lead", FUNCTIONS / "capture_lead" / "main.py")
    for name, body in (("a ready key", READY_KEY), ("a raw phone", RAW_PHONE)):
        taken = _compare(scale, world(), bare, ours, body, time.process_time)
        yield compared(f"intake, memory, {name}", "µs", *taken, GATE, "processor time of one call")
    yield from _durable(scale, bare, ours)
    yield from _on_the_emulator(scale, bare, ours)
    yield counted("durable writes before a lead is answered", "", [_durable_writes("capture-lead")], Gate(1))
    yield counted("durable writes before a webhook is answered", "", [_durable_writes("receive-crm-event")], Gate(1))


def client_of(target: str, source: Path) -> FlaskClient:
    """A function behind functions-framework's own routing."""
    app: Flask = functions_framework.create_app(target, str(source))  # type: ignore[no-untyped-call]
    return app.test_client()


def _durable(scale: Scale, bare: FlaskClient, ours: FlaskClient) -> Iterator[Figure]:
    with TemporaryDirectory() as folder:
        runtime = world(data=Path(folder))
        taken = _compare(scale, runtime, bare, ours, RAW_PHONE, time.perf_counter)
        yield compared("intake, durable (SQLite, synchronous)", "µs", *taken, note="wall time of one call")


def _on_the_emulator(scale: Scale, bare: FlaskClient, ours: FlaskClient) -> Iterator[Figure | Unavailable]:
    """Google's Pub/Sub emulator takes the message: a java process that shares the machine, so no gate."""
    title = "intake, durable (Pub/Sub emulator)"
    with TemporaryDirectory() as folder, ExitStack() as stack:
        try:
            address = stack.enter_context(pubsub_emulator(Path(folder)))
        except EmulatorMissing as missing:
            yield Unavailable(title, str(missing))
            return
        except EmulatorDidNotStart as fault:
            yield Unavailable(title, str(fault), broken=True)
            return
        stack.enter_context(_emulated(address))
        publisher = open_publisher()
        publisher.create_topic(name=f"projects/{PROJECT}/topics/submissions")
        publisher.transport.close()  # type: ignore[no-untyped-call]
        bus = PubsubBus(PROJECT, ["submissions"])
        stack.callback(bus.close)
        taken = _compare(scale, world(bus), bare, ours, RAW_PHONE, time.perf_counter)
        yield compared(title, "µs", *taken, note="wall time of one call")


@contextmanager
def _emulated(address: str) -> Iterator[None]:
    before = os.environ.get(EMULATOR)
    os.environ[EMULATOR] = address
    try:
        yield
    finally:
        os.environ.pop(EMULATOR)
        if before is not None:
            os.environ[EMULATOR] = before


def _compare(
    scale: Scale,
    runtime: Runtime,
    bare: FlaskClient,
    ours: FlaskClient,
    body: bytes,
    clock: Callable[[], float],
) -> tuple[list[float], list[float]]:
    with using(runtime):
        answer = post(ours, body)
        assert answer == 200, answer
        for _ in range(scale.warm_up):
            post(bare, body)
            post(ours, body)
        taken = interleave(
            scale.rounds,
            {
                "ours": timed(lambda: post(ours, body), scale.calls, clock),
                "bare": timed(lambda: post(bare, body), scale.calls, clock),
            },
        )
    return [sample * 1e6 for sample in taken["ours"]], [sample * 1e6 for sample in taken["bare"]]


def post(client: FlaskClient, body: bytes) -> int:
    """Post the form; the status of the answer."""
    return client.post("/", data=body, headers=HEADERS).status_code


def _durable_writes(function: str) -> float:
    """Messages published and documents written until the answer to one call."""
    world, knock = World(environment=SETTINGS), knock_of(function)
    with world.in_force():
        answer = world.client(function).post(knock.path, data=knock.body, content_type=knock.content_type)
    assert answer.status_code == knock.status, answer.text
    return float(len(world.memory_bus.published) + world.store.usage.writes)
