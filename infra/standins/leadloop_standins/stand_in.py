"""What every stand-in shares: domain time, ordered faults, a journal, settings and a ledger."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, ClassVar, cast

import flask
from werkzeug.wrappers import Request, Response

from .application import new_vendor_app
from .clock import Clock, format_time
from .control import control_app
from .faults import GENERIC_FAULTS, Fault, FaultKind, FaultQueue, InstructionRefused, check_value, defaults_of
from .journal import Journal, JournalEntry
from .page import Table
from .wire import wire_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["StandIn", "new_vendor_app"]

_ENTRY_KEY = "leadloop_standins.journal_entry"


class StandIn(ABC):
    """A WSGI application that answers like a vendor and, under `/` and `/_stand_in/`, answers the test or the person.

    A subclass names itself, declares its faults, settings and seed parts, and gives routes, error bodies and a ledger.
    Its routes run one at a time under `lock`; only pauses overlap, so `admission` sees real parallel requests.
    """

    title: ClassVar[str]
    vendor_faults: ClassVar[Sequence[FaultKind]] = ()
    default_settings: ClassVar[Mapping[str, Any]] = {}
    seed_parts: ClassVar[Sequence[str]] = ()
    secret_query_keys: ClassVar[Sequence[str]] = ()

    def __init__(self, clock: Clock | None = None, seed: Mapping[str, Any] | None = None) -> None:
        self.clock = clock or Clock()
        self.lock = threading.RLock()
        self.faults = FaultQueue((*GENERIC_FAULTS, *self.vendor_faults))
        self.journal = Journal(self.secret_query_keys)
        self.settings: dict[str, Any] = defaults_of(self.default_settings)
        self._initial_seed = dict(seed or {})
        self._initial_settings = dict(self.settings)
        self._vendor_app: flask.Flask | None = None
        self._control: WSGIApplication = control_app(self)

    # What a vendor gives

    @abstractmethod
    def vendor_app(self) -> flask.Flask:
        """The vendor's routes; asked once. Use `new_vendor_app` for one whose JSON looks like a vendor's."""

    @abstractmethod
    def error_response(self, status: int, params: Mapping[str, Any]) -> Response:
        """The vendor's own error body for a status, as the faults `status` and `accept_then_status` answer it."""

    @abstractmethod
    def ledger(self) -> dict[str, Any]:
        """All the vendor part counted, as JSON."""

    @abstractmethod
    def tables(self) -> list[Table]:
        """The ledger as a person reads it."""

    @abstractmethod
    def clear(self) -> None:
        """Forgets every record; called with `lock` held, also before the first seed."""

    @abstractmethod
    def plant(self, part: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Adds seed rows to one of `seed_parts`; InstructionRefused names what is wrong with a row."""

    def admission(self, request: Request) -> AbstractContextManager[Response | None]:  # noqa: ARG002 - for subclasses
        """Held while a request is served, pauses included; yields a refusal when the vendor's limits forbid it."""
        return nullcontext(None)

    def shown_path(self, request: Request) -> str:
        """The path as journal and faults know it; a vendor whose paths carry a secret hides that part."""
        return request.path

    def add_control_routes(self, app: flask.Flask) -> None:  # noqa: B027 - most vendors have none
        """A vendor's own orders under `/_stand_in/`, beyond its seed parts; asked once, while building."""

    # What a vendor uses inside its routes

    def fault(self, name: str) -> Fault | None:
        """The fault of that name due for the request at hand, committed and journalled; None when there is none."""
        fault = self.pending_fault(name)
        if fault is not None:
            self.commit_fault(fault)
        return fault

    def pending_fault(self, name: str) -> Fault | None:
        """As `fault`, but not committed: for a fault that fires only if the request gives it an occasion."""
        return self.faults.pending(name, self.entry)

    def commit_fault(self, fault: Fault) -> None:
        """Counts the fault as fired and writes it into the journal entry of the request at hand."""
        fault.fired += 1
        self.entry.faults.append(fault.name)

    @property
    def entry(self) -> JournalEntry:
        """The journal entry of the request at hand."""
        return _entry_of(flask.request.environ)

    # What tests and persons do

    def apply_seed(self, document: Mapping[str, Any]) -> None:
        """Adds the parts of a seed document in the order of `seed_parts`; `settings` may be one of them.

        InstructionRefused for an unknown part, for a part that is no list of objects and for what `plant` refuses.
        """
        parts = ("settings", *self.seed_parts)
        unknown = sorted(set(document) - set(parts))
        if unknown:
            raise InstructionRefused(f"Unknown part {unknown[0]!r}. Known: {', '.join(parts)}.")
        with self.lock:
            self.change_settings(document.get("settings", {}))
            for part in self.seed_parts:
                rows = document.get(part, [])
                if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                    raise InstructionRefused(f"{part} is a list of JSON objects, found {type(rows).__name__}.")
                self.plant(part, rows)

    def change_settings(self, changes: Mapping[str, Any]) -> None:
        """All or nothing; InstructionRefused for an unknown name or a value the setting cannot take."""
        for name, value in changes.items():
            if name not in self.default_settings:
                known = ", ".join(self.default_settings) or "none"
                raise InstructionRefused(f"Unknown setting {name!r}. Known: {known}.")
            check_value(f"setting {name}", self.default_settings[name], value)
        self.settings.update(changes)

    def start(self) -> None:
        """Plants the initial seed; what the settings are now is what `reset` returns to."""
        self._initial_settings = dict(self.settings)
        self.reset()

    def stop(self) -> None:  # noqa: B027 - most vendors only answer
        """Called when serving ends; a vendor that works by itself ends that here."""

    def reset(self) -> None:
        """Back to the state after start: records, faults and journal forgotten, initial settings and seed in place."""
        with self.lock:
            self.clear()
            self.faults.clear()
            self.journal.clear()
            self.settings = dict(self._initial_settings)
            self.apply_seed(self._initial_seed)

    # The request's way

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """The WSGI entry: control routes here, the rest to the vendor through journal, limits and faults."""
        path = Request(environ).path
        if path == "/" or path.startswith("/_stand_in/"):
            return self._control(environ, start_response)
        return self._serve(environ)(environ, start_response)

    def _serve(self, environ: "WSGIEnvironment") -> Response:
        request = Request(environ)
        with self.lock:
            entry = environ[_ENTRY_KEY] = self.journal.arrive(request, self.clock.now(), self.shown_path(request))
        with self.admission(request) as refusal:
            response = refusal or self._serve_with_faults(environ)
        entry.status = None if wire_of(environ).drop else response.status_code
        return response

    def _serve_with_faults(self, environ: "WSGIEnvironment") -> Response:
        wire = wire_of(environ)
        if self._commit_generic("drop_before", environ):
            wire.drop = True
            return Response()
        pause = self._commit_generic("slow", environ)
        self._wait(pause, "before")
        if refusal := self._commit_generic("status", environ):
            return self._failure(refusal)
        with self.lock:
            self._vendor_app = self._vendor_app or self.vendor_app()
            response = Response.from_app(self._vendor_app, environ, buffered=True)
        self._wait(pause, "after")
        return self._spoil(response, environ)

    def _spoil(self, response: Response, environ: "WSGIEnvironment") -> Response:
        wire = wire_of(environ)
        if self._commit_generic("accept_then_drop", environ):
            wire.drop = True
        elif failure := self._commit_generic("accept_then_status", environ):
            return self._failure(failure)
        elif cut := self._commit_generic("truncate", environ):
            wire.keep_bytes = int(cut.params["keep"])
        return response

    def _commit_generic(self, name: str, environ: "WSGIEnvironment") -> Fault | None:
        entry = _entry_of(environ)
        with self.lock:
            fault = self.faults.pending(name, entry)
            if fault is not None:
                fault.fired += 1
                entry.faults.append(name)
        return fault

    def _wait(self, pause: Fault | None, when: str) -> None:
        if pause is not None and pause.params["when"] == when:
            time.sleep(float(pause.params["seconds"]))

    def _failure(self, fault: Fault) -> Response:
        status = int(fault.params["status"])
        html = fault.params["html"]
        response = Response(html, status, mimetype="text/html") if html else self.error_response(status, fault.params)
        if fault.params["retry_after"]:
            response.headers["Retry-After"] = str(fault.params["retry_after"])
        return response

    @property
    def now_text(self) -> str:
        """Domain time as it is written in ledgers."""
        return format_time(self.clock.now())


def _entry_of(environ: "WSGIEnvironment") -> JournalEntry:
    return cast(JournalEntry, environ[_ENTRY_KEY])
