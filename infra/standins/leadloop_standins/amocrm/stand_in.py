"""The amoCRM stand-in: one account, its API, its webhooks and the people who work in it."""

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
from ..page import Table
from ..staffed import StaffedStandIn
from .api.complex_routes import add_complex_routes
from .api.contact_routes import add_contact_routes
from .api.dictionary_routes import add_dictionary_routes
from .api.event_routes import add_event_routes
from .api.lead_routes import add_lead_routes
from .api.oauth_routes import add_oauth_routes
from .api.problems import RequestRefused, ValidationFailed, invalid, problem_response, refused
from .api.rate_limit import RateLimit
from .api.requests_seen import RequestsSeen
from .api.side_routes import add_side_routes
from .api.tokens import Tokens
from .api.webhook_routes import add_webhook_routes
from .crm.account import Account
from .crm.entities import Stamp
from .desk.action import Action
from .desk.actions import ACTIONS
from .desk.ledger import ledger_of, tables_of
from .desk.orders import checked, unix
from .desk.seed import REPLACING_PARTS, SEED_PARTS, plant, plant_default
from .hooks.deliveries import Deliveries
from .hooks.post_office import webhook_post_office
from .hooks.subscriptions import Subscriptions
from .settings import CHOICES, DEFAULT_SETTINGS, Switches


class AmoCrmStandIn(StaffedStandIn):
    """Orders beyond the common ones: POST /_stand_in/actions (one or a list) and /_stand_in/webhooks/pump."""

    title = "amoCRM"
    default_settings = DEFAULT_SETTINGS
    seed_parts = SEED_PARTS

    account: Account
    subscriptions: Subscriptions
    deliveries: Deliveries
    tokens: Tokens
    seen: RequestsSeen

    def __init__(
        self,
        clock: Clock | None = None,
        seed: Mapping[str, Any] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock, seed)
        self.switches = Switches(lambda: self.settings)
        self._limit = RateLimit(self.switches, monotonic)
        self._limit_guard = threading.Lock()
        self._post_office = webhook_post_office(self.lock, lambda: self.deliveries, self.switches, self.unix_now)

    # What every stand-in gives

    def clear(self) -> None:
        """An account on its first day; a seed replaces its users, pipelines and tracking fields."""
        self.account = Account(self.switches)
        plant_default(self.account)
        self._by_default = set(REPLACING_PARTS)
        self.subscriptions = Subscriptions(self.account.ids)
        self.deliveries = Deliveries(self.subscriptions, self.switches)
        self.tokens, self.seen = Tokens(), RequestsSeen()

    def plant(self, part: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Adds seed rows, quietly."""
        if rows and part in self._by_default:
            self._by_default.discard(part)
            self._remove_default(part)
        plant(self, part, rows)

    def change_settings(self, changes: Mapping[str, Any]) -> None:
        """As of every stand-in, and closed sets of values are kept closed."""
        for name, value in changes.items():
            if name in CHOICES and value not in CHOICES[name]:
                raise InstructionRefused(f"Setting {name} is one of {', '.join(CHOICES[name])}, found {value!r}.")
        super().change_settings(changes)

    def vendor_app(self) -> flask.Flask:
        """API v4 and OAuth."""
        app = new_vendor_app(__name__)
        app.url_map.strict_slashes = False
        app.register_error_handler(RequestRefused, refused)
        app.register_error_handler(ValidationFailed, invalid)
        app.register_error_handler(HTTPException, _unknown_route)
        add_oauth_routes(app, self)
        for add_routes in _ROUTES:
            add_routes(app, self)
        app.after_request(self._queue_hooks)
        return app

    def error_response(self, status: int, params: Mapping[str, Any]) -> Response:  # noqa: ARG002 - the base's
        """A problem document; gateways before the API answer in HTML."""
        if status in (502, 504):
            return Response(f"<html><body><h1>{status}</h1></body></html>", status, mimetype="text/html")
        return problem_response(status)

    @contextmanager
    def admission(self, request: Request) -> Iterator[Response | None]:  # noqa: ARG002 - one limit for all
        """The limit of requests per second."""
        with self._limit_guard:
            refusal = self._limit.refusal()
        yield refusal

    def ledger(self) -> dict[str, Any]:
        """Leads, contacts, creations, webhooks."""
        return ledger_of(self.account, self.deliveries, self.seen)

    def tables(self) -> list[Table]:
        """The same as tables."""
        return tables_of(self.account, self.deliveries, self.seen)

    # What routes and orders use

    def stamp(self) -> Stamp:
        """Now, by the integration's user."""
        return Stamp(self.unix_now(), self.account.profile.integration_user_id)

    def unsubscribe(self, destination: str) -> bool:
        """Removes a webhook with all that waits for it; False for an unknown one."""
        webhook = self.subscriptions.by_destination.get(destination)
        if webhook is not None:
            self.deliveries.drop_waiting(webhook.id)
        return self.subscriptions.unsubscribe(destination)

    def act(self, order: object) -> dict[str, Any]:
        """Does one thing a person would do; InstructionRefused when it cannot be done."""
        action: Action = checked("The action", ACTIONS, order)
        with self.lock:
            by = next(iter(self.account.users), 0) if action.by is None else action.by
            stamp = Stamp(unix(action.at, self.unix_now()), by)
            outcome = action.perform(self, stamp)
            self._queue_changes()
        return {"action": getattr(action, "action", ""), "at": stamp.at, **outcome}

    def _queue_hooks(self, response: flask.Response) -> flask.Response:
        self._queue_changes()
        return response

    def _queue_changes(self) -> None:
        self.deliveries.queue_changes(self.account, self.unix_now())

    def _remove_default(self, part: str) -> None:
        if part == "tracking_fields":
            self.account.fields["leads"].remove_tracking()
        elif part == "users":
            self.account.users.clear()
        else:
            self.account.pipelines.clear()


_ROUTES = (
    add_lead_routes,
    add_complex_routes,
    add_contact_routes,
    add_dictionary_routes,
    add_event_routes,
    add_webhook_routes,
    add_side_routes,
)


def _unknown_route(problem: HTTPException) -> Response:
    return problem_response(problem.code or 500, problem.name)
