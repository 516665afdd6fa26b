"""Functions as a bus sees them: URLs that are called and answer. They keep what they got, in order."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from leadloop.messages import Message, PushEnvelope, read_push

Answer = Callable[[Message], int]


class Consumers(ThreadingHTTPServer):
    """Serves every function at ``/<name>``; one that was not told otherwise answers 204."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), partial(_Call, self))
        self.answers: dict[str, Answer] = {}
        self.received: defaultdict[str, list[tuple[PushEnvelope, Message]]] = defaultdict(list)

    def url(self, function: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{function}"

    def events(self, function: str) -> list[str]:
        """Ids of the events it got."""
        return [message.event_id for _, message in self.received[function]]

    def take(self, function: str, body: bytes) -> int:
        envelope, message = read_push(body)
        self.received[function].append((envelope, message))
        return self.answers[function](message) if function in self.answers else 204


class _Call(BaseHTTPRequestHandler):
    def __init__(self, consumers: Consumers, *given: object) -> None:
        self._consumers = consumers
        super().__init__(*given)  # type: ignore[arg-type]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response_only(self._consumers.take(self.path.removeprefix("/"), body))
        self.end_headers()


@contextmanager
def consumers() -> Iterator[Consumers]:
    """Functions that answer while in the block."""
    with Consumers() as served:
        thread = threading.Thread(target=served.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield served
        finally:
            served.shutdown()
            thread.join()
