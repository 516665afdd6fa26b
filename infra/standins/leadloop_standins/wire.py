"""The HTTP/1.1 server under a stand-in: keep-alive, and connections that can really break."""

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, cast

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

_WIRE_KEY = "leadloop_standins.wire"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass
class Wire:
    """What is to happen to the connection after the application has answered."""

    drop: bool = False
    keep_bytes: int | None = None


def wire_of(environ: "WSGIEnvironment") -> Wire:
    """The fate of this request's connection; under a server that cannot break connections the orders go nowhere."""
    return cast(Wire, environ.setdefault(_WIRE_KEY, Wire()))


class BreakableRequestHandler(WSGIRequestHandler):
    """Reads each request whole and answers it in full, so that the connection can be kept, as vendors do.

    Werkzeug's own handler closes every connection because unread body bytes may be left behind; here none are.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "StandInServer"

    def setup(self) -> None:
        """Makes the connection known to the server."""
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        """Takes the connection from the server's list."""
        self.server.closed(self.connection)
        super().finish()

    def run_wsgi(self) -> None:
        """Serves one request; http.server calls again while the connection is kept."""
        environ = self.make_environ()
        body = environ["wsgi.input"].read(*self._body_length(environ))
        environ.update({"wsgi.input": BytesIO(body), "wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(body))})
        wire = wire_of(environ)
        response = Response.from_app(self.server.app, environ, buffered=True)
        if wire.drop:
            self._reset_connection()
        else:
            self._answer(response, wire.keep_bytes)

    def _body_length(self, environ: "WSGIEnvironment") -> tuple[int, ...]:
        return () if environ.get("wsgi.input_terminated") else (int(environ.get("CONTENT_LENGTH") or 0),)

    def _answer(self, response: Response, keep_bytes: int | None) -> None:
        body = b"" if self.command == "HEAD" else response.get_data()
        self.send_response(response.status_code)
        for name, value in response.headers.items():
            if name.lower() not in ("connection", "content-length"):
                self.send_header(name, value)
        if response.status_code not in (204, 304):
            self.send_header("Content-Length", str(len(response.get_data())))
        self.end_headers()
        self.wfile.write(body if keep_bytes is None else body[:keep_bytes])
        if keep_bytes is not None:
            self.close_connection = True

    def _reset_connection(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.rfile.close()
        self.connection.close()

    def log(self, type: str, message: str, *args: object) -> None:
        """Silent: request lines may carry tokens; the journal keeps what is needed."""


class StandInServer(ThreadedWSGIServer):
    """One thread per connection. `close` also ends the connections kept alive, so that a stopped stand-in is gone."""

    def __init__(self, host: str, port: int, app: "WSGIApplication") -> None:
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(host, port, app, BreakableRequestHandler)

    @property
    def base_url(self) -> str:
        """Where clients reach it, with the port really taken."""
        return f"http://{self.host}:{self.server_port}"

    def opened(self, connection: socket.socket) -> None:
        """A client has connected."""
        with self._guard:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        """A connection is over, whoever ended it."""
        with self._guard:
            self._open.discard(connection)

    def close(self) -> None:
        """Ends the listening socket and every connection; call after `shutdown`."""
        with self._guard:
            remaining = list(self._open)
        for connection in remaining:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()
