"""A cable to a server, that a test can cut and mend: bytes pass through as they are."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class SeverableLink(socketserver.ThreadingTCPServer):
    """Listens on a free port of 127.0.0.1 and passes each connection on to ``address`` (``host:port``)."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self.upstream = (host, int(port))
        self._ends: set[socket.socket] = set()
        self._is_cut = False
        self._changing = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Passage)

    @property
    def address(self) -> str:
        """Where to connect to instead."""
        return f"127.0.0.1:{self.server_address[1]}"

    @contextmanager
    def cut(self) -> Iterator[None]:
        """While in the block, every connection is broken, and a new one as soon as it is made."""
        self._set_cut(True)
        try:
            yield
        finally:
            self._set_cut(False)

    def admit(self, end: socket.socket) -> bool:
        """Whether this end of a connection may live; it is broken when the cable is cut."""
        with self._changing:
            self._ends.add(end)
            return not self._is_cut

    def forget(self, end: socket.socket) -> None:
        """This end is gone."""
        with self._changing:
            self._ends.discard(end)

    def _set_cut(self, is_cut: bool) -> None:
        with self._changing:
            self._is_cut = is_cut
            for end in self._ends if is_cut else ():
                _hang_up(end)


class _Passage(socketserver.BaseRequestHandler):
    server: SeverableLink
    request: socket.socket

    def handle(self) -> None:
        near = self.request
        with suppress(OSError), socket.create_connection(self.server.upstream) as far:
            if self.server.admit(near) and self.server.admit(far):
                back = threading.Thread(target=_pass_on, args=(far, near))
                back.start()
                _pass_on(near, far)
                back.join()
            self.server.forget(far)
        self.server.forget(near)


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while received := source.recv(65536):
            sink.sendall(received)
    _hang_up(source)
    _hang_up(sink)


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def severable_link(address: str) -> Iterator[SeverableLink]:
    """A link that works while in the block."""
    with SeverableLink(address) as link:
        thread = threading.Thread(target=link.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield link
        finally:
            link.shutdown()
            with link.cut():
                thread.join()
                link.server_close()
