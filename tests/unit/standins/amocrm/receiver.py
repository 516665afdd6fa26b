"""A receiver of webhooks that answers as a test tells it to and keeps every request."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SILENCE = 0
"""An answer that never comes while the test runs."""


@dataclass
class Receiver:
    """`answers` are used up in order, then everything is answered `otherwise`."""

    url: str = ""
    otherwise: int = 200
    answers: deque[int] = field(default_factory=deque)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    on_request: Callable[[], None] = lambda: None
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    test_is_over: threading.Event = field(default_factory=threading.Event)

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        self.bodies.append(body)
        self.headers.append(headers)
        self.on_request()
        answer = self.answers.popleft() if self.answers else self.otherwise
        self.arrived.release()
        if answer == SILENCE:
            self.test_is_over.wait(120)
        return answer


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.lines.append(f"{self.command} {self.path}")
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            status = receiver.take(body, dict(self.headers))
            if status != SILENCE:
                self.send_response_only(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hooks/secret-of-sokol"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.test_is_over.set()
        server.shutdown()
        thread.join()
        server.server_close()
