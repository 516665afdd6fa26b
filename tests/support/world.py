"""A world for function tests: the real functions on memory adapters, with a clock to set.

world.client("capture-lead").post("/", json={...})
world.push("register-lead", message)
world.settle()      # deliver what was published, and what that publishes, until all is quiet
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import cast

import functions_framework
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from leadloop import manifest as manifests
from leadloop import timestamps
from leadloop.adapters.memory_bus import MemoryBus
from leadloop.adapters.memory_log import MemoryLog
from leadloop.adapters.memory_store import MemoryStore
from leadloop.adapters.seeded_entropy import SeededEntropy
from leadloop.messages import Message, encode, wrap_push
from leadloop.policy import Policy
from leadloop.ports.bus import Bus
from leadloop.ports.store import Document, Query, Store
from leadloop.runtime import Runtime, using
from support.policies import HMAC_KEY, SEAL_PRIVATE_KEY, sokol
from support.settable_clock import SettableClock

FUNCTIONS = Path(__file__).parents[2] / "functions"
MANIFEST = manifests.load(FUNCTIONS / "functions.yaml")
SECRETS = {"LEADLOOP_HMAC_KEY": HMAC_KEY, "LEADLOOP_SEAL_PRIVATE_KEY": SEAL_PRIVATE_KEY}


class World:
    """A policy, a store, a bus and a clock, with every function of the manifest on top."""

    def __init__(
        self, policy: Policy | None = None, in_cloud: bool = False, environment: Mapping[str, str] | None = None
    ) -> None:
        """``in_cloud``: not on the one machine, where a raw phone may be hashed on arrival."""
        self.clock = SettableClock()
        self.log = MemoryLog()
        self.memory_bus = MemoryBus(MANIFEST.topics)
        here = {} if in_cloud else {"LEADLOOP_DATA": "everything is in memory"}
        self.runtime = Runtime({**SECRETS, **here, **(environment or {})})
        self.runtime.policy = policy or sokol()
        self.runtime.manifest = MANIFEST
        self.runtime.clock = self.clock
        self.runtime.log = self.log
        self.runtime.entropy = SeededEntropy(1)
        self.runtime.store = MemoryStore()
        self.runtime.bus = self.memory_bus
        self._clients: dict[str, FlaskClient] = {}
        self._delivered = 0
        self._bus_ids = 0

    @property
    def store(self) -> Store:
        return self.runtime.store

    @store.setter
    def store(self, store: Store) -> None:
        self.runtime.store = store

    @property
    def bus(self) -> Bus:
        return self.runtime.bus

    @bus.setter
    def bus(self, bus: Bus) -> None:
        self.runtime.bus = bus

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Let every function called in the block live in this world."""
        with using(self.runtime):
            yield

    def client(self, function: str) -> FlaskClient:
        """The function behind functions-framework's own routing. Its defects are 500s, as deployed."""
        if function not in self._clients:
            self._clients[function] = _application(function).test_client()
        return self._clients[function]

    def push(self, function: str, message: Message, attempt: int = 1) -> TestResponse:
        """Deliver one message the way Pub/Sub pushes it."""
        return self.push_bytes(function, encode(message), attempt=attempt)

    def push_bytes(
        self, function: str, body: bytes, attributes: dict[str, str] | None = None, attempt: int = 1
    ) -> TestResponse:
        """Deliver any bytes in a push envelope."""
        self._bus_ids += 1
        published_at = timestamps.to_text(self.clock.now())
        envelope = wrap_push(body, str(self._bus_ids), published_at, attributes or {}, function, attempt)
        return self.client(function).post("/", data=envelope, content_type="application/json")

    def settle(self, only: frozenset[str] | None = None) -> int:
        """Deliver every message published so far, and what follows; returns how many deliveries that took.

        ``only`` names the functions that exist for this test; others' messages are passed over.
        A delivery that is not acknowledged fails the test: tests of retries push by hand.
        """
        deliveries = 0
        while self._delivered < len(self.memory_bus.published):
            published = self.memory_bus.published[self._delivered]
            self._delivered += 1
            for function in MANIFEST.subscriptions()[published.topic]:
                if only is not None and function not in only:
                    continue
                answer = self.push(function, published.message)
                assert answer.status_code == 204, (function, published.message.type, answer.status_code)
                deliveries += 1
        return deliveries

    def documents(self, collection: str) -> list[Document]:
        """Every document of a collection, by id."""
        found: list[Document] = []
        cursor: str | None = None
        while True:
            page = self.store.query(Query(collection), cursor)
            found.extend(page.documents)
            cursor = page.cursor
            if cursor is None:
                return sorted(found, key=lambda document: document.key.id)

    def the(self, collection: str) -> Document:
        """The only document of a collection."""
        [document] = self.documents(collection)
        return document

    def totals(self, counter: str) -> int:
        """A counter summed over all daily totals (``leads``, ``stages.sold``)."""
        return sum(_counter(document, counter) for document in self.documents("daily_total"))


@cache
def _application(function: str) -> Flask:
    """Loaded once: a function keeps nothing between two calls but what hangs on the runtime, which is the world's."""
    target = function.replace("-", "_")
    app: Flask = functions_framework.create_app(  # type: ignore[no-untyped-call]
        target, str(FUNCTIONS / target / "main.py")
    )
    return app


def _counter(document: Document, path: str) -> int:
    value: object = document.fields
    for segment in path.split("."):
        value = cast("dict[str, object]", value).get(segment, 0) if isinstance(value, dict) else 0
    return value if isinstance(value, int) else 0
