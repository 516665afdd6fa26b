"""The host's own pages: the index, the health and the state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from leadloop.adapters.file_clock import ClockUnreadable
from leadloop.manifest import Manifest
from leadloop.ports.store import Key, Store, StoreUnavailable
from leadloop_host.access import anyone, local_viewer
from leadloop_host.index_page import index_page
from leadloop_host.refusals import json_answer
from leadloop_host.routing import Route
from leadloop_host.state import Observer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class Pages:
    """What the pages show.

    ``trouble`` tells which of the host's threads is stalled, and by what; ``nudge`` lets them look at
    clock and messages at once, so that who waits for quiet after moving the clock waits for no tick.
    """

    manifest: Manifest
    store: Store
    observer: Observer
    trouble: Callable[[], Mapping[str, str]]
    nudge: Callable[[], None]

    def routes(self, index: WSGIApplication | None) -> list[Route]:
        """The pages by path; ``index`` takes the place of the page at ``/``. The health is anyone's to ask."""
        own_index = _answering(self.index)
        return [
            Route("/", local_viewer, index or own_index),
            Route("/_host/", local_viewer, own_index),
            Route("/_host/state", local_viewer, _answering(self.state)),
            Route("/healthz", anyone, _answering(self.health)),
        ]

    def index(self) -> Response:
        """The page for people."""
        try:
            page = index_page(self.manifest.functions, self.observer.look(), self._leases())
        except (StoreUnavailable, ClockUnreadable) as fault:
            return _unavailable(fault)
        headers = {"Content-Security-Policy": _CONTENT_POLICY, "Cache-Control": "no-store"}
        return Response(page, headers=headers, content_type="text/html; charset=utf-8")

    def state(self) -> Response:
        """The state for programs that wait."""
        self.nudge()
        try:
            return json_answer(self.observer.look().as_json())
        except (StoreUnavailable, ClockUnreadable) as fault:
            return _unavailable(fault)

    def health(self) -> Response:
        """200 when documents and messages can be read and no thread is stalled, else 503."""
        try:
            self.observer.look()
            self._leases()
        except (StoreUnavailable, ClockUnreadable) as fault:
            return _unavailable(fault)
        if trouble := self.trouble():
            return json_answer({"status": "stalled", "trouble": dict(trouble)}, 503)
        return json_answer({"status": "ok", "functions": len(self.manifest.functions)})

    def _leases(self) -> dict[str, str]:
        names = list(self.manifest.functions)
        held = self.store.get_many([Key("lease", name) for name in names])
        return {
            name: str(document.fields.get("until", ""))
            for name, document in zip(names, held, strict=True)
            if document is not None and document.fields.get("owner")
        }


def _unavailable(fault: Exception) -> Response:
    return json_answer({"status": "unavailable", "reason": str(fault)}, 503)


def _answering(page: Callable[[], Response]) -> WSGIApplication:
    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return page()(environ, start_response)

    return application
