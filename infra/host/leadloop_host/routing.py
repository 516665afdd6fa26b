"""One listener's paths: the function's name comes first, the function sees what follows it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from leadloop.verdict import Verdict
from leadloop_host.refusals import not_found, refused

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Admission: TypeAlias = "Callable[[WSGIEnvironment], Verdict]"
"""Decides from the request whether its caller may be answered."""


class Running:
    """How many calls each function is answering now, whoever made them and however long ago."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._calls: Counter[str] = Counter()
        self.on_end: Callable[[], None] = lambda: None
        """Called when a call has ended: it may have published something."""

    @contextmanager
    def call(self, function: str) -> Iterator[None]:
        """Count a call while the block runs."""
        with self._guard:
            self._calls[function] += 1
        try:
            yield
        finally:
            with self._guard:
                self._calls[function] -= 1
            self.on_end()

    def of(self, function: str) -> int:
        """Calls of one function."""
        with self._guard:
            return self._calls[function]

    def each(self) -> dict[str, int]:
        """Calls of every function that has any."""
        with self._guard:
            return dict(+self._calls)


@dataclass(frozen=True, slots=True)
class Route:
    """A function by its name, or a page by its path, as it is served."""

    name: str
    admit: Admission
    application: WSGIApplication


class Router:
    """A WSGI application over functions and pages of the host's own. Never redirects."""

    def __init__(self, functions: Iterable[Route], pages: Iterable[Route], running: Running) -> None:
        self._functions = {route.name: route for route in functions}
        self._pages = {route.name: route for route in pages}
        self._running = running

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "")
        name, rest = split_path(path)
        route = self._functions.get(name) or self._pages.get(path or "/")
        if route is None:
            return not_found()(environ, start_response)
        if not (verdict := route.admit(environ)):
            return refused(verdict)(environ, start_response)
        if name not in self._functions:
            return route.application(environ, start_response)
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = f"/{name}", rest
        with self._running.call(name):
            return route.application(environ, start_response)


def split_path(path: str) -> tuple[str, str]:
    """The function's name and the path the function sees: ``/f/a/b`` → ``f``, ``/a/b``; ``/f`` → ``f``, ``/``."""
    name, _, rest = path.lstrip("/").partition("/")
    return name, "/" + rest.lstrip("/")
