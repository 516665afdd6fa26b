"""One line a request, without what may be secret: no query, nothing of the path after the function's name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from leadloop.ports.log import Log
from leadloop.verdict import Verdict
from leadloop_host.refusals import refused
from leadloop_host.routing import split_path

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

POLLED_PAGES = ("/healthz", "/_host/state")
"""Asked many times a second by whoever waits; not logged."""


class AccessLog:
    """A WSGI application around another: logs each answer, and answers 500 itself when there is none."""

    def __init__(self, application: WSGIApplication, functions: Collection[str], listener: str, log: Log) -> None:
        self._application = application
        self._functions = functions
        self._listener = listener
        self._log = log

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer through the inner application and log the answer."""
        begun, path = perf_counter(), environ.get("PATH_INFO", "")
        status: list[str] = []

        def start_and_remember(line: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:  # noqa: ANN401
            status[:] = [line]
            return start_response(line, headers, *error)

        fault = None
        try:
            body = self._application(environ, start_and_remember)
        except Exception as error:  # left to the web server, it would be logged with the path
            fault = type(error).__name__
            body = refused(Verdict(False, "host.failed", f"the host failed: {fault}"), 500)(environ, start_and_remember)
        if path not in POLLED_PAGES or fault:
            self._log.info(
                "request_answered",
                listener=self._listener,
                method=environ.get("REQUEST_METHOD", ""),
                path=self._shown(path),
                status=int(status[0][:3]) if status else None,
                milliseconds=round((perf_counter() - begun) * 1000, 1),
                **({"fault": fault} if fault else {}),
            )
        return body

    def _shown(self, path: str) -> str:
        name, rest = split_path(path)
        if name in self._functions:
            return f"/{name}" if rest == "/" else f"/{name}/…"
        return "/" if not name else "/…"
