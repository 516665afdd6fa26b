"""Between Google's Pub/Sub emulator and the functions: brings messages on twice, late and out of order.

The emulator itself is more orderly than a real bus. It pushes to the relay; the relay calls the function and answers
with what the function answered, so acknowledging, redelivery and dead letters stay the emulator's own.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from leadloop_host.demo.disorder import ORDERLY, Disorder, Fate
from leadloop_host.demo.relay_ledger import Held, RelayLedger
from leadloop_host.dispatcher import ACKNOWLEDGING

HELD_FOR = 5.0
"""Seconds a message waits at most to be overtaken: half of the shortest time a bus lets an answer take.

One message waits at a time, because the emulator has no more than two pushes under way to one address.
"""

LATER = 7
"""Pushes that come before a message does once more."""

_HEADERS = {"Content-Type": "application/json"}
_NO_ANSWER = 502


@dataclass(frozen=True)
class Consumer:
    """Where a function is served, and how many seconds a call of it may take."""

    url: str
    timeout: float


@dataclass(frozen=True)
class _Push:
    subscription: str
    message_id: str
    event_id: str
    body: bytes

    @classmethod
    def read(cls, subscription: str, body: bytes) -> _Push:
        message = json.loads(body)["message"]
        return cls(subscription, message["messageId"], message.get("attributes", {}).get("event_id", ""), body)


class Relay:
    """Serves ``/<subscription>`` on a free port of 127.0.0.1 while in its block; leaving it waits for all calls."""

    def __init__(
        self, consumers: Mapping[str, Consumer], disorder: Disorder = ORDERLY, held_for: float = HELD_FOR
    ) -> None:
        self.ledger = RelayLedger()
        self._consumers = consumers
        self._disorder = disorder
        self._held_for = held_for
        self._copies: list[tuple[int, _Push]] = []
        """Messages to be brought once more, each at a number of arrivals."""
        self._copying = threading.Lock()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="relay")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def urls(self) -> dict[str, str]:
        """Where the bus pushes to, by subscription."""
        return {name: f"http://127.0.0.1:{self._server.server_port}/{name}" for name in self._consumers}

    def bring_copies(self) -> None:
        """Bring every message that was to come once more later; return when it has been answered."""
        for push in self._due_copies(None):
            self._repeat(push)

    def take(self, subscription: str, body: bytes) -> int:
        """Hand a push on by its fate and return the status for the bus."""
        push = _Push.read(subscription, body)
        number, is_new = self.ledger.arrived(subscription, push.message_id)
        fate = self._disorder.fate(subscription, push.event_id) if is_new else Fate.ONCE
        if is_new and (fate is Fate.OVERTAKEN or self._owes_disorder(subscription)):
            self.ledger.hold(Held(subscription, push.message_id, number), self._held_for)
        copies = self._due_copies(number)
        if fate is Fate.TWICE_AT_ONCE:
            copies.append(push)
        repeats = [threading.Thread(target=self._repeat, args=(copy,)) for copy in copies]
        for repeat in repeats:
            repeat.start()
        status = self._hand_on(push, number, fate)
        for repeat in repeats:
            repeat.join()
        return status

    def _owes_disorder(self, subscription: str) -> bool:
        """Whether nothing was overtaken yet: until then each message is held, so that the first two that meet do it."""
        return self._disorder.overtaken > 0 and not self.ledger.has_overtaken(subscription)

    def _hand_on(self, push: _Push, number: int, fate: Fate) -> int:
        status = self._call(push, is_repeat=False)
        self.ledger.passed(push.subscription, number)
        if status not in ACKNOWLEDGING:
            return status
        if fate is Fate.AGAIN_LATER:
            with self._copying:
                self._copies.append((number + LATER, push))
        return 204  # the emulator, unlike Google's service, takes 202 for a refusal

    def _due_copies(self, number: int | None) -> list[_Push]:
        with self._copying:
            due = [copy for copy in self._copies if number is None or copy[0] <= number]
            self._copies = [copy for copy in self._copies if copy not in due]
        return [push for _, push in due]

    def _repeat(self, push: _Push) -> None:
        """A copy that is refused does not come back: the bus has the acknowledgement of the message already."""
        with self.ledger.in_flight(push.subscription):
            self._call(push, is_repeat=True)

    def _call(self, push: _Push, is_repeat: bool) -> int:
        status = _post(self._consumers[push.subscription], push.body)
        self.ledger.called(push.subscription, push.message_id, status in ACKNOWLEDGING, is_repeat)
        return status


def _post(consumer: Consumer, body: bytes) -> int:
    parts = urlsplit(consumer.url)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=consumer.timeout)
    try:
        connection.request("POST", parts.path or "/", body, _HEADERS)
        response = connection.getresponse()
        response.read()
    except (OSError, HTTPException):
        return _NO_ANSWER
    else:
        return response.status
    finally:
        connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, relay: Relay) -> None:
        super().__init__(("127.0.0.1", 0), partial(_Handler, relay))


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, relay: Relay, *given: object) -> None:
        self._relay = relay
        super().__init__(*given)  # type: ignore[arg-type]

    def do_POST(self) -> None:
        subscription = self.path.removeprefix("/")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if subscription not in self._relay.urls:
            self._answer(404)
            return
        with self._relay.ledger.in_flight(subscription):
            self._answer(self._relay.take(subscription, body))

    def _answer(self, status: int) -> None:
        self.send_response_only(status)
        self.end_headers()
        self.wfile.flush()
