"""Watching whether a request has touched the wire, which is what sorts failures.

What ``requests`` raises does not tell: a TLS error, for one, may come before a byte of the request
was sent or in the middle of the answer. So connections note it when they send.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_current = threading.local()


class Attempt:
    """One try at a request, in the thread that makes it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.sent = False
        """Whether any of the request may have reached the other side."""
        self.overdue = False
        """Whether the whole of it took longer than it may."""
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def sends_on(self, wire: socket.socket | None) -> None:
        """Note that the request begins to leave. Raises ``TimeoutError`` when it is too late to."""
        with self._lock:
            if self.overdue and not self.sent:
                raise TimeoutError
            self.sent = True
            self._socket = wire

    def cut(self) -> None:
        """End it: the peer may drip a byte now and then, and no read would ever time out."""
        with self._lock:
            self.overdue = True
            wire = self._socket
        if isinstance(wire, socket.socket):
            with suppress(OSError):
                # not SSLSocket's own shutdown, which takes the TLS layer from under the reading thread
                socket.socket.shutdown(wire, socket.SHUT_RDWR)


@contextmanager
def attempt(seconds: float) -> Iterator[Attempt]:
    """Watch the requests that this thread makes in the block, and cut them off when the time is up."""
    watched = Attempt(seconds)
    timer = threading.Timer(seconds, watched.cut)
    timer.daemon = True
    _current.attempt = watched
    timer.start()
    try:
        yield watched
    finally:
        timer.cancel()
        _current.attempt = None


class _Watched:
    """Makes a connection tell the attempt at hand when it sends. For both kinds of connection."""

    sock: socket.socket | None
    _connecting = False

    def connect(self) -> None:
        self._connecting = True
        try:
            super().connect()  # type: ignore[misc]  # the connection class that this one is mixed into
        finally:
            self._connecting = False

    def send(self, data: Any) -> None:  # noqa: ANN401 (as in http.client)
        if self.sock is None:
            self.connect()
        watched: Attempt | None = getattr(_current, "attempt", None)
        if watched is not None and not self._connecting:  # a proxy's CONNECT is not the request
            watched.sends_on(self.sock)
        super().send(data)  # type: ignore[misc]


class _PlainConnection(_Watched, HTTPConnection):
    pass


class _TlsConnection(_Watched, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Single:
    """Makes a pool close each connection after one request, also when the vendor would keep it open."""

    def _put_conn(self, conn: Any) -> None:  # noqa: ANN401 (urllib3's type is private)
        if conn is not None:
            conn.close()


class _SinglePlainPool(_Single, _PlainPool):
    pass


class _SingleTlsPool(_Single, _TlsPool):
    pass


class WatchedAdapter(HTTPAdapter):
    """The transport of ``requests`` on watched connections, without retries of its own."""

    def __init__(self, *, keep_alive: bool) -> None:
        if keep_alive:
            self._pools = {"http": _PlainPool, "https": _TlsPool}
        else:
            self._pools = {"http": _SinglePlainPool, "https": _SingleTlsPool}
        super().__init__(pool_maxsize=32, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (as in requests)
        """See ``requests``."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (as in requests)
        """See ``requests``."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager
