"""The adapters under contract. To put another one under it, add it to ``STORES`` or ``BUSES``.

An adapter that needs something outside (Google's emulators) skips in its factory when that is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.firestore import firestore_store
from contract.queries import CONTRACT_QUERIES
from leadloop.adapters.memory_bus import MemoryBus
from leadloop.adapters.memory_store import MemoryStore
from leadloop.adapters.sqlite_bus import Deliveries, SqliteBus
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.messages import Message, decode
from leadloop.ports.bus import Bus
from leadloop.ports.store import Store
from leadloop.queries import EVERY_QUERY
from support.settable_clock import MORNING, SettableClock

TOPOLOGY = {"submissions": ("register-lead", "watch-health"), "leads": ("deliver-lead",), "dead-letters": ("keep",)}


@contextmanager
def memory_store(_: Path) -> Iterator[Store]:
    yield MemoryStore()


@contextmanager
def sqlite_store(folder: Path) -> Iterator[Store]:
    store = SqliteStore(folder / "documents.db", queries=(*EVERY_QUERY, *CONTRACT_QUERIES))
    yield store
    store.close()


STORES: dict[str, Callable[[Path], AbstractContextManager[Store]]] = {
    "memory": memory_store,
    "sqlite": sqlite_store,
    "firestore": firestore_store,
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with STORES[request.param](tmp_path) as one:
        yield one


@dataclass
class BusUnderContract:
    """A bus, and what its subscribers would see."""

    bus: Bus
    received: Callable[[str], list[tuple[str, Message]]]
    """Subscription to (message id, message), at least once each; may be called once."""
    make_it_fail: Callable[[], AbstractContextManager[None]]


@contextmanager
def memory_bus(_: Path) -> Iterator[BusUnderContract]:
    bus = MemoryBus(TOPOLOGY)

    def received(subscription: str) -> list[tuple[str, Message]]:
        [topic] = [topic for topic, subscriptions in TOPOLOGY.items() if subscription in subscriptions]
        return [(published.id, published.message) for published in bus.published if published.topic == topic]

    @contextmanager
    def failing() -> Iterator[None]:
        bus.failing = True
        yield
        bus.failing = False

    yield BusUnderContract(bus, received, failing)


@contextmanager
def sqlite_bus(folder: Path) -> Iterator[BusUnderContract]:
    path = folder / "messages.db"
    bus = SqliteBus(path, TOPOLOGY, SettableClock())
    deliveries = Deliveries(path, TOPOLOGY, "dead-letters")

    def received(subscription: str) -> list[tuple[str, Message]]:
        claimed = deliveries.claim(MORNING, 10_000, 60, subscription)
        return [(delivery.message_id, decode(delivery.body)) for delivery in claimed]

    @contextmanager
    def locked() -> Iterator[None]:
        from contract.other_process import holding_the_lock

        with holding_the_lock(path):
            yield

    yield BusUnderContract(bus, received, locked)
    bus.close()
    deliveries.close()


@contextmanager
def pubsub_bus(_: Path) -> Iterator[BusUnderContract]:
    from contract.pubsub import bus_under_contract

    with bus_under_contract(TOPOLOGY) as (bus, received, cut):
        yield BusUnderContract(bus, received, cut)


BUSES: dict[str, Callable[[Path], AbstractContextManager[BusUnderContract]]] = {
    "memory": memory_bus,
    "sqlite": sqlite_bus,
    "pubsub": pubsub_bus,
}


@pytest.fixture(params=BUSES)
def under_contract(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BusUnderContract]:
    with BUSES[request.param](tmp_path) as one:
        yield one
