"""The web server: waitress, several listeners on one loop, each with threads of its own.

Threads are not shared, so that a flood at one listener cannot starve another: edge calls never wait
for consumers, deliveries never wait for edge calls.
"""

from __future__ import annotations

import socket
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any

from waitress import wasyncore
from waitress.server import create_server

from leadloop_host.faults import StartRefused

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

MAX_BODY_BYTES = 10 * 1024 * 1024
"""Above it the answer is 413; a function's own, lower cap is the function's to apply."""

_CONNECTIONS = 1000


class Listeners:
    """Listening sockets and the thread that serves them. Open all, ``start``, later ``stop_accepting``, ``close``."""

    def __init__(self) -> None:
        self._map: dict[int, Any] = {}
        self._servers: dict[str, Any] = {}
        self._closing = threading.Event()
        self._grace_ends = 0.0
        self._drained = False
        self._loop = threading.Thread(target=self._serve, name="listeners", daemon=True)

    def open(self, name: str, application: WSGIApplication, host: str, port: int, threads: int) -> int:
        """Listen; the port really taken (0 asks for any). Raises ``StartRefused`` when it is not to be had."""
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            listening = socket.create_server((host, port), family=family, backlog=1024)
        except OSError as error:
            raise StartRefused(
                f"cannot listen on {host}:{port}: {error.strerror}; stop what uses it, or choose another port: "
                "--port, --public-port, `make serve PORT=8081`"
            ) from None
        self._servers[name] = create_server(
            application,
            map=self._map,
            sockets=[listening],
            threads=threads,
            ident=None,
            connection_limit=_CONNECTIONS,
            max_request_body_size=MAX_BODY_BYTES + 1,
            clear_untrusted_proxy_headers=False,
        )
        return int(listening.getsockname()[1])

    def start(self) -> None:
        """Begin to answer."""
        self._loop.start()

    def stop_accepting(self, *names: str) -> None:
        """Refuse new connections at these listeners; those open are served on."""
        for server in [self._servers[name] for name in names if name in self._servers]:
            # waitress runs the function on its own loop, between two events; its sockets are not thread-safe
            server.trigger.pull_trigger(lambda server=server: wasyncore.dispatcher.close(server))

    def close(self, grace: float) -> bool:
        """Refuse new connections everywhere, let requests finish for ``grace`` seconds; whether all did."""
        self._grace_ends = monotonic() + grace
        # set on the loop itself: set from here, the loop could close the trigger before it is pulled
        next(iter(self._servers.values())).trigger.pull_trigger(self._closing.set)
        self._loop.join(grace + 2)
        return self._drained

    def _serve(self) -> None:
        while not self._closing.is_set():
            wasyncore.loop(timeout=1.0, use_poll=True, map=self._map, count=1)
        for server in self._servers.values():
            wasyncore.dispatcher.close(server)
        while monotonic() < self._grace_ends and self._busy():
            self._close_idle()
            wasyncore.loop(timeout=0.05, use_poll=True, map=self._map, count=1)
        self._drained = not self._busy()
        for server in self._servers.values():
            server.task_dispatcher.shutdown(timeout=0.5)
        wasyncore.close_all(self._map)

    def _busy(self) -> bool:
        return any(channel.requests or channel.total_outbufs_len for channel in self._channels())

    def _close_idle(self) -> None:
        for channel in self._channels():
            if not channel.requests and not channel.total_outbufs_len:
                channel.will_close = True

    def _channels(self) -> list[Any]:
        return [channel for server in self._servers.values() for channel in list(server.active_channels.values())]
