"""What is billed: every port of a world writes down what the function at work makes it do."""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from leadloop.cost.operations import LEAST_MESSAGE_BYTES, Operations
from leadloop.messages import Message, encode
from leadloop.ports.bus import Bus
from leadloop.ports.http import Http, HttpRequest, HttpResponse
from leadloop.ports.store import Delete, Document, Key, Page, Query, Store, Write


@dataclass
class Bill:
    """What was done, by the function that did it; writes also by collection."""

    operations: dict[str, Counter[str]] = field(default_factory=dict)
    by_collection: Counter[str] = field(default_factory=Counter)
    cpu: dict[str, float] = field(default_factory=dict)
    """Processor seconds of the functions' own code: nothing of the ports, which are not those of the cloud."""

    def of(self, what: str) -> Counter[str]:
        """One kind of operation, by function."""
        return Counter({name: amounts[what] for name, amounts in self.operations.items() if amounts[what]})

    def as_operations(self) -> dict[str, Operations]:
        """All of it, as ``leadloop cost`` reads it."""
        return {name: Operations(**amounts) for name, amounts in sorted(self.operations.items())}


class Meter:
    """Whoever is at work pays; one at a time."""

    def __init__(self) -> None:
        self.bill = Bill()
        self._payer = ""
        self._aside = 0.0

    def add(self, payer: str = "", **amounts: int) -> None:
        """Put it on the bill of the function that is named, or is at work; when none is, nobody pays."""
        if payer := payer or self._payer:
            self.bill.operations.setdefault(payer, Counter()).update(amounts)

    def touch(self, collections: Iterable[str]) -> None:
        """Writes were made there."""
        self.bill.by_collection.update(collections)

    @contextmanager
    def paid_by(self, function: str) -> Iterator[None]:
        """A call of the function, whose processor time is its own but for what ports take."""
        self._payer, self._aside, begun = function, 0.0, time.process_time()
        try:
            yield
        finally:
            took = time.process_time() - begun - self._aside
            self.bill.cpu[function] = self.bill.cpu.get(function, 0) + took
            self._payer = ""

    @contextmanager
    def aside(self) -> Iterator[None]:
        """A port is at work."""
        begun = time.process_time()
        try:
            yield
        finally:
            self._aside += time.process_time() - begun


class BilledStore:
    """A ``Store`` whose documents are counted as the store itself counts them; deletes apart from writes."""

    def __init__(self, store: Store, meter: Meter) -> None:
        self.usage = store.usage
        self._store = store
        self._meter = meter

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        """See ``Store``."""
        with self._billed():
            return self._store.get_many(keys)

    def commit(self, writes: Sequence[Write]) -> None:
        """See ``Store``."""
        with self._billed():
            self._store.commit(writes)
        deletes = sum(isinstance(write, Delete) for write in writes)
        self._meter.add(writes=-deletes, deletes=deletes)
        self._meter.touch(write.key.collection for write in writes)

    def query(self, query: Query, cursor: str | None = None) -> Page:
        """See ``Store``."""
        with self._billed():
            return self._store.query(query, cursor)

    def count(self, query: Query) -> int:
        """See ``Store``."""
        with self._billed():
            return self._store.count(query)

    @contextmanager
    def _billed(self) -> Iterator[None]:
        reads, writes = self.usage.reads, self.usage.writes
        try:
            with self._meter.aside():
                yield
        finally:
            self._meter.add(store_calls=1, reads=self.usage.reads - reads, writes=self.usage.writes - writes)


class BilledBus:
    """A ``Bus`` whose messages are billed as Pub/Sub bills them, to the sender and to every reader of the topic."""

    def __init__(self, bus: Bus, meter: Meter, readers: Mapping[str, Sequence[str]]) -> None:
        self._bus = bus
        self._meter = meter
        self._readers = readers

    def publish(self, topic: str, message: Message) -> str:
        """See ``Bus``."""
        with self._meter.aside():
            attributes = f"event_id{message.event_id}type{message.type}"  # those of adapters/pubsub_bus.py
            size = max(LEAST_MESSAGE_BYTES, len(encode(message)) + len(attributes))
            published = self._bus.publish(topic, message)
        self._meter.add(messages=1, published_bytes=size)
        for reader in self._readers[topic]:
            self._meter.add(reader, pushed_bytes=size)
        return published


class BilledHttp:
    """An ``Http`` whose calls and bytes are counted; without the host, which is not the vendor's here."""

    def __init__(self, http: Http, meter: Meter) -> None:
        self._http = http
        self._meter = meter

    def send(self, request: HttpRequest) -> HttpResponse:
        """See ``Http``."""
        texts = [request.method, request.url.split("/", 3)[-1], *(word for pair in request.params for word in pair)]
        texts += [word for pair in request.headers.items() for word in pair]
        self._meter.add(vendor_calls=1, sent_bytes=sum(map(len, texts)) + len(request.body or b""))
        with self._meter.aside():
            return self._http.send(request)


class BilledLog(io.StringIO):
    """A stream that forgets, and counts what it was told."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter

    def write(self, text: str, /) -> int:
        """Take the text as written."""
        self._meter.add(log_bytes=len(text.encode()))
        return len(text)


class BilledClient:
    """A caller of one function: the call is billed, and the answer when it leaves the cloud."""

    def __init__(self, client: FlaskClient, function: str, meter: Meter, *, answers_outside: bool) -> None:
        self._client = client
        self._function = function
        self._meter = meter
        self._answers_outside = answers_outside

    def post(self, *words: Any, **options: Any) -> TestResponse:  # noqa: ANN401 - those of the client
        """See ``FlaskClient``."""
        with self._meter.paid_by(self._function):
            answer = self._client.post(*words, **options)
        size = len(answer.data) + sum(len(name) + len(value) for name, value in answer.headers)
        self._meter.add(self._function, calls=1, sent_bytes=size if self._answers_outside else 0)
        return answer
