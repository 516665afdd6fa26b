"""The Bitrix24 stand-in: one portal, its REST, its outgoing webhooks and the people who work in it."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import flask
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from ..application import new_vendor_app
from ..clock import Clock
from ..faults import InstructionRefused
from ..orders import checked, unix
from ..page import Table
from ..staffed import StaffedStandIn
from .api.access import Access
from .api.dispatch import Dispatcher
from .api.limits import LeakyBuckets, OperatingTime
from .api.problems import BY_STATUS, system_error
from .api.requests_seen import RequestsSeen
from .api.rest_route import add_rest_route, error_body, path_without_secret
from .desk.action import Action
from .desk.actions import ACTIONS
from .desk.ledger import ledger_of
from .desk.seed import REPLACING_PARTS, SEED_PARTS, plant, remove_default
from .desk.tables import tables_of
from .hooks.deliveries import Deliveries
from .hooks.post_office import event_post_office
from .hooks.subscriptions import Subscriptions
from .portal.first_day import open_portal
from .portal.moves import StageRefused
from .portal.portal import Portal
from .portal.records import Stamp
from .settings import DEFAULT_SETTINGS, VENDOR_FAULTS, Switches


class Bitrix24StandIn(StaffedStandIn):
    """Orders beyond the common ones: POST /_stand_in/actions (one or a list) and /_stand_in/webhooks/pump."""

    title = "Bitrix24"
    vendor_faults = VENDOR_FAULTS
    default_settings = DEFAULT_SETTINGS
    seed_parts = SEED_PARTS

    portal: Portal
    subscriptions: Subscriptions
    deliveries: Deliveries
    access: Access
    seen: RequestsSeen
    dispatcher: Dispatcher

    def __init__(
        self,
        clock: Clock | None = None,
        seed: Mapping[str, Any] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock, seed)
        self.switches = Switches(lambda: self.settings)
        self._buckets = LeakyBuckets(self.switches, monotonic)
        self._buckets_guard = threading.Lock()
        self._post_office = event_post_office(self.lock, lambda: self.deliveries, self.switches, self.unix_now)

    # What every stand-in gives

    def clear(self) -> None:
        """A portal on its first day; a seed replaces its users, lead statuses and sources."""
        self.portal = Portal(self.switches)
        open_portal(self.portal)
        self._by_default = set(REPLACING_PARTS)
        self.subscriptions, self.access, self.seen = Subscriptions(), Access(), RequestsSeen()
        self.deliveries = Deliveries(self.subscriptions, self.switches)
        self.dispatcher = Dispatcher(OperatingTime(self.switches))

    def plant(self, part: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Adds seed rows, quietly."""
        if rows and part in self._by_default:
            self._by_default.discard(part)
            remove_default(self, part)
        plant(self, part, rows)

    def vendor_app(self) -> flask.Flask:
        """REST."""
        app = new_vendor_app(__name__)
        app.register_error_handler(HTTPException, self._refuse)
        add_rest_route(app, self)
        app.after_request(self._finish)
        return app

    def error_response(self, status: int, params: Mapping[str, Any]) -> Response:  # noqa: ARG002 - the base's
        """An error envelope; gateways before the portal answer in HTML."""
        if status in (502, 504):
            return Response(f"<html><body><h1>{status}</h1></body></html>", status, mimetype="text/html")
        problem = system_error(BY_STATUS.get(status, "INTERNAL_SERVER_ERROR"))
        return _json_response(error_body(self, problem, None), status)

    @contextmanager
    def admission(self, request: Request) -> Iterator[Response | None]:
        """The intensity of requests from one address."""
        with self._buckets_guard:
            refusal = self._buckets.refusal(request.remote_addr or "")
        yield None if refusal is None else _json_response(error_body(self, refusal, None), refusal.status)

    def shown_path(self, request: Request) -> str:
        """The address without the code of its webhook, which is the secret."""
        return path_without_secret(request.path)

    def ledger(self) -> dict[str, Any]:
        """Records, changes, creations, events."""
        return ledger_of(self.portal, self.deliveries, self.seen)

    def tables(self) -> list[Table]:
        """The same as tables."""
        return tables_of(self.portal, self.deliveries, self.seen)

    # What methods and orders use

    def note(self, text: str) -> None:
        """Writes beside the request in the journal."""
        self.entry.notes.append(text)

    def act(self, order: object) -> dict[str, Any]:
        """Does one thing a person would do; InstructionRefused when it cannot be done."""
        action: Action = checked("The action", ACTIONS, order)
        with self.lock:
            by = self.portal.first_user if action.by is None else action.by
            stamp = Stamp(unix(action.at, self.unix_now()), by, "person")
            try:
                outcome = action.perform(self, stamp)
            except StageRefused as problem:
                raise InstructionRefused(str(problem)) from problem
            self.deliveries.queue_changes(self.portal, self.unix_now())
        return {"action": getattr(action, "action", ""), "at": stamp.at, **outcome}

    def _finish(self, response: flask.Response) -> flask.Response:
        self.deliveries.queue_changes(self.portal, self.unix_now())
        if garbage := self.fault("garbage"):
            response.set_data(str(garbage.params["body"]))
            response.status_code = 200
        return response

    def _refuse(self, problem: HTTPException) -> Response:
        refusal = system_error(BY_STATUS.get(problem.code or 500, "INTERNAL_SERVER_ERROR"))
        return _json_response(error_body(self, refusal, None), refusal.status)


def _json_response(body: Mapping[str, Any], status: int) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, mimetype="application/json")
