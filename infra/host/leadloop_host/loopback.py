"""Real HTTP to functions on this machine, from this machine."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Protocol


class CallFailed(Exception):
    """A function gave no answer: it took longer than it may, or the connection broke."""


class Caller(Protocol):
    """Whoever can call a function by its name."""

    def post(self, function: str, body: bytes, headers: Mapping[str, str], timeout: float) -> int:
        """POST to the function and return the status. Raises ``CallFailed``."""
        ...


class Loopback:
    """Calls functions at the host's internal listener."""

    def __init__(self) -> None:
        self.port = 0
        """Set once the internal listener is open."""

    def post(self, function: str, body: bytes, headers: Mapping[str, str], timeout: float) -> int:
        """See ``Caller``: at ``/<function>`` of the listener."""
        return _post(self.port, f"/{function}", body, headers, timeout)


class PortPerFunction:
    """Calls functions of which each is a server of its own."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._ports = ports

    def post(self, function: str, body: bytes, headers: Mapping[str, str], timeout: float) -> int:
        """See ``Caller``: at ``/`` of the function's own port."""
        return _post(self._ports[function], "/", body, headers, timeout)


def _post(port: int, path: str, body: bytes, headers: Mapping[str, str], timeout: float) -> int:
    """Knows no proxy and follows no redirect."""
    connection = HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("POST", path, body, dict(headers))
        response = connection.getresponse()
        response.read()
    except TimeoutError:
        raise CallFailed(f"no answer within {timeout:g} s") from None
    except (OSError, HTTPException) as error:
        raise CallFailed(f"{type(error).__name__}: the connection broke") from None
    else:
        return response.status
    finally:
        connection.close()
