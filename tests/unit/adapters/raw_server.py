"""A vendor made of a raw socket: it can do to a connection what no HTTP server library lets one do."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

CRLF = b"\r\n"


@dataclass(frozen=True)
class Received:
    """A request as it came over the wire, and the number of the connection it came on."""

    connection: int
    head: str
    body: bytes

    @property
    def line(self) -> str:
        return self.head.splitlines()[0]

    def header(self, name: str) -> str | None:
        for line in self.head.splitlines()[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return None


Behaviour = Callable[["Connection"], None]


class Connection:
    """One accepted connection, in the hands of a behaviour."""

    def __init__(self, wire: socket.socket, number: int, ended: threading.Event, received: list[Received]) -> None:
        self.wire = wire
        self.number = number
        self.ended = ended
        self._received = received
        self._file = wire.makefile("rb")

    def read_request(self) -> Received | None:
        head = b""
        while not head.endswith(CRLF + CRLF):
            line = self._file.readline()
            if not line:
                return None
            head += line
        text = head.decode("latin-1")
        received = Received(self.number, text, b"")
        size = int(received.header("Content-Length") or 0)
        received = Received(self.number, text, self._file.read(size))
        self._received.append(received)
        return received

    def send(self, content: bytes) -> None:
        self.wire.sendall(content)

    def reset(self) -> None:
        """Close so that the other side sees a reset, not an orderly end."""
        self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def stall(self) -> None:
        """Keep silent until the server is stopped."""
        self.ended.wait()

    def close(self) -> None:
        self._file.close()
        self.wire.close()


class RawServer:
    """Serves each connection by the next behaviour of the list, the last one for ever; remembers what came."""

    def __init__(self, *behaviours: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.received: list[Received] = []
        self._behaviours = list(behaviours)
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._threads = [threading.Thread(target=self._accept)]
        self._wires: list[socket.socket] = []

    def __enter__(self) -> RawServer:
        self._threads[0].start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        with socket.create_connection(("127.0.0.1", self.port)):
            pass  # wakes the accepting thread
        for wire in self._wires:
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        number = 0
        while True:
            wire, _ = self._listener.accept()
            if self._ended.is_set():
                wire.close()
                return
            behaviour = self._behaviours[min(number, len(self._behaviours) - 1)]
            number += 1
            self._wires.append(wire)
            thread = threading.Thread(target=self._serve, args=(wire, number, behaviour))
            self._threads.append(thread)
            thread.start()

    def _serve(self, wire: socket.socket, number: int, behaviour: Behaviour) -> None:
        wire.settimeout(120)
        # the client may go away at any moment, or break off the handshake: that is its right
        with wire, suppress(OSError):
            if self._tls:
                wire = self._tls.wrap_socket(wire, server_side=True)
            connection = Connection(wire, number, self._ended, self.received)
            try:
                behaviour(connection)
            finally:
                connection.close()


def answer(status: int, body: bytes = b"", headers: str = "", keep: bool = False) -> Behaviour:
    """Answer the request and say that this was all; with ``keep``, go on answering on the same connection."""
    closing = "" if keep else "Connection: close\r\n"

    def behave(connection: Connection) -> None:
        while connection.read_request() is not None:
            head = f"HTTP/1.1 {status} Reason\r\nContent-Length: {len(body)}\r\n{closing}{headers}\r\n"
            connection.send(head.encode("latin-1") + body)
            if not keep:
                return

    return behave


def close_unread(connection: Connection) -> None:
    """Accept and close at once."""


def reset_after_request(connection: Connection) -> None:
    """Read the request, then reset: was it done?"""
    connection.read_request()
    connection.reset()


def close_after_request(connection: Connection) -> None:
    """Read the request, then close without a word."""
    connection.read_request()


def stall_after_request(connection: Connection) -> None:
    """Read the request, then keep silent."""
    connection.read_request()
    connection.stall()


def truncate(connection: Connection) -> None:
    """Promise more bytes than come."""
    connection.read_request()
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 10)


def truncate_chunks(connection: Connection) -> None:
    """End inside a chunk."""
    connection.read_request()
    connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n400\r\nhalf a chunk")


def speak_first(connection: Connection) -> None:
    """Talk plainly at once, without waiting for anything."""
    connection.send(b"220 mail.example ESMTP\r\n")
    connection.stall()


def not_http(connection: Connection) -> None:
    """Answer in another language."""
    connection.read_request()
    connection.send(b"SSH-2.0-OpenSSH_9.9\r\n")


def drip(head: bytes) -> Behaviour:
    """Send a byte now and then, for ever: no single read ever times out."""

    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(head)
        while not connection.ended.wait(0.01):
            connection.send(b"x")

    return behave
