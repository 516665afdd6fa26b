"""Threads that start at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def together(count: int, work: Callable[[int], Result]) -> list[Result]:
    """What ``work(0)`` to ``work(count - 1)`` return, done at once in threads; the first exception is raised."""
    gate = threading.Barrier(count)
    results: dict[int, Result] = {}
    failures: list[BaseException] = []

    def run(number: int) -> None:
        gate.wait()
        try:
            results[number] = work(number)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return [results[number] for number in range(count)]
