"""A whole bus on Google's emulator: topics, push subscriptions through the relay, and functions that only listen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from leadloop.adapters.pubsub_bus import PubsubBus
from leadloop.adapters.pubsub_connection import EMULATOR
from leadloop.manifest import Delivery, Function, Manifest
from leadloop_host.demo.bus_watch import BusWatch
from leadloop_host.demo.disorder import ORDERLY, Disorder
from leadloop_host.demo.relay import Consumer, Relay
from leadloop_host.push_topology import PushTopology
from support.consumers import Consumers, consumers
from support.emulators import new_project, pubsub_emulator

MANIFEST = Manifest(
    topics=("submissions", "leads", "dead-letters"),
    delivery=Delivery(max_attempts=5, min_backoff=0.1, max_backoff=0.2),
    functions={
        "capture-lead": Function(public=True),
        "register-lead": Function(topic="submissions", timeout=5),
        "deliver-lead": Function(topic="leads", timeout=60),
        "watch-leads": Function(topic="leads", timeout=540),
        "keep-dead-letter": Function(topic="dead-letters"),
    },
)
PREFIX = "staging-"


@dataclass(frozen=True)
class EmulatedBus:
    """The functions publish on ``bus``; ``watch`` knows when all is quiet."""

    topology: PushTopology
    functions: Consumers
    relay: Relay
    watch: BusWatch
    bus: PubsubBus


@contextmanager
def emulated_bus(disorder: Disorder = ORDERLY) -> Iterator[EmulatedBus]:
    """A bus in a project of its own, while in the block."""
    emulator = pubsub_emulator()
    topology = PushTopology(new_project(), MANIFEST, PREFIX)
    with consumers() as functions, pytest.MonkeyPatch.context() as environment:
        environment.setenv(EMULATOR, emulator)
        served = {
            name: Consumer(functions.url(name), 30) for names in MANIFEST.subscriptions().values() for name in names
        }
        with Relay(served, disorder) as relay:
            topology.create(emulator, relay.urls)
            with BusWatch.on(topology, emulator, relay.ledger) as watch:
                bus = PubsubBus(topology.project, MANIFEST.topics, PREFIX)
                yield EmulatedBus(topology, functions, relay, watch, bus)
                bus.close()
