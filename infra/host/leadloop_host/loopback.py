"""Real HTTP to the functions of this host, from this host."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException


class CallFailed(Exception):
    """A function gave no answer: it took longer than it may, or the connection broke."""


class Loopback:
    """Calls functions at the host's internal listener. Knows no proxy and follows no redirect."""

    def __init__(self) -> None:
        self.port = 0
        """Set once the internal listener is open."""

    def post(self, function: str, body: bytes, headers: Mapping[str, str], timeout: float) -> int:
        """POST to ``/<function>`` and return the status. Raises ``CallFailed``."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("POST", f"/{function}", body, dict(headers))
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
