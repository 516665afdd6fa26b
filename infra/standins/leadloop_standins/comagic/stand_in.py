"""The CoMagic stand-in: one account, its Data API, its notifications and the people around it."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import flask
from werkzeug.wrappers import Request, Response

from ..application import new_vendor_app
from ..clock import Clock
from ..orders import checked, unix
from ..page import Table
from ..staffed import StaffedStandIn
from ..switches import Switches
from .api.envelope import method_named
from .api.gateway import PATH, add_gateway
from .api.keys import Keys
from .api.limits import Limits
from .api.ordered_faults import ordered_answer
from .api.writes_seen import WritesSeen
from .desk.actions import ACTIONS
from .desk.ledger import ledger_of
from .desk.seed import REPLACING_PARTS, SEED_PARTS, plant, plant_default
from .desk.tables import tables_of
from .notifications.deliveries import Deliveries
from .notifications.post_office import notification_post_office
from .settings import DEFAULT_SETTINGS, VENDOR_FAULTS, check_settings
from .tracker.account import Account

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class CoMagicStandIn(StaffedStandIn):
    """Orders beyond the common ones: POST /_stand_in/actions (one or a list) and /_stand_in/notifications/pump.

    The journal shows a call as `/v2.0?method=get.tags`, so the `path` of a fault may name the method.
    """

    title = "CoMagic"
    mail = "notifications"
    vendor_faults = VENDOR_FAULTS
    default_settings = DEFAULT_SETTINGS
    seed_parts = SEED_PARTS

    account: Account
    keys: Keys
    limits: Limits
    seen: WritesSeen
    deliveries: Deliveries

    def __init__(self, clock: Clock | None = None, seed: Mapping[str, Any] | None = None) -> None:
        super().__init__(clock, seed)
        self.switches = Switches(lambda: self.settings)
        self._post_office = notification_post_office(self.lock, lambda: self.deliveries, self.switches, self.unix_now)

    # What every stand-in gives

    def clear(self) -> None:
        """An account on its first day; a seed replaces its sites, numbers, employees and tags."""
        self.account = Account(self.switches)
        plant_default(self.account)
        self._by_default = set(REPLACING_PARTS)
        self.keys, self.seen, self.deliveries = Keys(), WritesSeen(), Deliveries(self.switches)
        self.limits = Limits(self.switches, self.account.zone)

    def plant(self, part: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Adds seed rows, quietly."""
        if rows and part in self._by_default:
            self._by_default.discard(part)
            getattr(self.account.furniture, part).clear()
        plant(self, part, rows)

    def change_settings(self, changes: Mapping[str, Any]) -> None:
        """As of every stand-in, and zones and networks must exist."""
        check_settings(changes)
        super().change_settings(changes)

    def vendor_app(self) -> flask.Flask:
        """Data API 2.0."""
        app = new_vendor_app(__name__)
        app.before_request(lambda: self.deliveries.write_down(self.unix_now()))
        app.before_request(lambda: ordered_answer(self))
        add_gateway(app, self)
        app.after_request(self._queue_notifications)
        return app

    def error_response(self, status: int, params: Mapping[str, Any]) -> Response:  # noqa: ARG002 - the base's
        """What a server before the API answers: a page."""
        return Response(f"<html><body><h1>{status}</h1></body></html>", status, mimetype="text/html")

    def ledger(self) -> dict[str, Any]:
        """Visits, contacts, writes, notifications."""
        return ledger_of(self)

    def tables(self) -> list[Table]:
        """The same as tables."""
        return tables_of(self)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """As of every stand-in, and the journal learns which method was called; all have one address."""
        if Request(environ).path.rstrip("/") == PATH:
            body = Request(environ).get_data()
            environ["wsgi.input"] = BytesIO(body)
            environ["QUERY_STRING"] = urlencode({"method": method_named(body)})
        return super().__call__(environ, start_response)

    # What methods and orders use

    def act(self, order: object) -> dict[str, Any]:
        """Does one thing a person would do; InstructionRefused when it cannot be done."""
        action = checked("The action", ACTIONS, order)
        with self.lock:
            self.deliveries.write_down(self.unix_now())
            at = unix(action.at, self.unix_now())
            outcome = action.perform(self, at)
            self.deliveries.queue_happenings(self.account)
        return {"action": getattr(action, "action", ""), "at": at, **outcome}

    def _queue_notifications(self, response: flask.Response) -> flask.Response:
        self.deliveries.queue_happenings(self.account)
        return response
