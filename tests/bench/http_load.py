"""Requests over kept-alive connections, one after another on each."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import NamedTuple


class Load(NamedTuple):
    """What so many requests took."""

    seconds: float
    """From the first request to the last answer, divided by the number of requests."""
    times: tuple[float, ...]
    """Of each request."""


class NotGood(Exception):
    """An answer was not 200."""


def post_many(port: int, body: bytes, headers: Mapping[str, str], requests: int, connections: int) -> Load:
    """Post the body on each of so many connections in turn; every answer must be 200."""
    each = -(-requests // connections)

    def talk(_: int) -> list[float]:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        took = []
        for _ in range(each):
            begun = time.perf_counter()
            connection.request("POST", "/", body, dict(headers))
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise NotGood(f"expected 200, found {answer.status}")
            took.append(time.perf_counter() - begun)
        connection.close()
        return took

    with ThreadPoolExecutor(connections) as pool:
        begun = time.perf_counter()
        times = [one for took in pool.map(talk, range(connections)) for one in took]
        return Load((time.perf_counter() - begun) / len(times), tuple(times))
