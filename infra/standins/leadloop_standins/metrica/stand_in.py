"""The Metrica stand-in: its state, and what happens to a file between acceptance and the end of its processing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import flask
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from ..page import Table
from ..stand_in import StandIn, new_vendor_app
from .accounts import Accounts, Counter
from .conversions import Conversions
from .counter_routes import add_counter_routes
from .goals import Goals
from .ledger import ledger_of, tables_of
from .limits import Limits
from .refusals import NO_SUCH_OBJECT, RequestRefused, invalid_parameter, refusal_of_status, refusal_response
from .settings import DEFAULT_SETTINGS, VENDOR_FAULTS
from .uploading_routes import add_uploading_routes
from .uploadings import LINKAGE_FAILURE, PROCESSED, Uploading, Uploadings
from .visits import Visits


class MetricaStandIn(StandIn):
    """Counters, goals, visits and uploadings of one imaginary Metrica, with the count of conversions it would hold."""

    title = "Yandex Metrica"
    vendor_faults = VENDOR_FAULTS
    default_settings = DEFAULT_SETTINGS
    seed_parts = ("counters", "tokens", "goals", "visits")

    accounts: Accounts
    goals: Goals
    visits: Visits
    uploadings: Uploadings
    conversions: Conversions
    limits: Limits

    def clear(self) -> None:
        """Empties every table; tokens and counters come back with the seed."""
        self.accounts, self.goals, self.visits = Accounts(), Goals(), Visits()
        self.uploadings, self.conversions, self.limits = Uploadings(), Conversions(), Limits()

    def plant(self, part: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Adds counters, tokens, goals or visits."""
        plant_row: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
            "counters": self.accounts.plant_counter,
            "tokens": self.accounts.plant_token,
            "goals": lambda row: self.goals.plant(row, self.accounts),
            "visits": lambda row: self.visits.plant(row, self.accounts),
        }
        for row in rows:
            plant_row[part](row)

    def vendor_app(self) -> flask.Flask:
        """The management API."""
        app = new_vendor_app(__name__)
        app.before_request(self._fail_if_ordered)
        app.register_error_handler(RequestRefused, refusal_response)
        app.register_error_handler(HTTPException, _unknown_route)
        add_counter_routes(app, self)
        add_uploading_routes(app, self)
        return app

    def error_response(self, status: int, params: Mapping[str, Any]) -> Response:  # noqa: ARG002 - the base's
        """The body of the vendor's pages; a 502 is answered in HTML, for it never comes from the API itself."""
        if status == 502:
            return Response("<html><body><h1>502 Bad Gateway</h1></body></html>", 502, mimetype="text/html")
        return refusal_response(refusal_of_status(status))

    def ledger(self) -> dict[str, Any]:
        """Uploadings, conversions, resent rows, moments per target, and what was planted."""
        self.settle()
        return ledger_of(self)

    def tables(self) -> list[Table]:
        """The same as tables."""
        self.settle()
        return tables_of(self)

    @contextmanager
    def admission(self, request: Request) -> Iterator[Response | None]:
        """Quotas, per Authorization header."""
        user = request.headers.get("Authorization", "")
        with self.limits.admitted(user, self.clock.now(), self.settings) as refusal:
            yield refusal_response(refusal) if refusal else None

    def counter(self, number: str, needed: frozenset[str]) -> Counter:
        """The counter of the path, if the request at hand may do with it what `needed` allows."""
        grant = self.accounts.grant_of(flask.request.headers.get("Authorization"))
        return self.accounts.counter_for(grant, number, needed)

    def no_such_object(self) -> RequestRefused:
        """An unknown id: 400 as seen on the wire, or 404 as the pages say, by the setting."""
        if self.settings["unknown_object_status"] == 404:
            return RequestRefused(404, "not_found", NO_SUCH_OBJECT)
        return invalid_parameter(NO_SUCH_OBJECT)

    def settle(self) -> None:
        """Brings every uploading to where domain time has it; without `processing_minutes` only asking does."""
        minutes = self.settings["processing_minutes"]
        for uploading in self.uploadings.all if minutes else ():
            whole_way = timedelta(minutes=minutes)
            ended = uploading.advance_to(self.clock.now(), whole_way, self.settings["skip_intermediate"])
            if ended is not None:
                self._process(uploading, ended)

    def step(self, uploading: Uploading) -> None:
        """One status on, for the uploading was asked for; by domain time instead where that is set."""
        if self.settings["processing_minutes"]:
            self.settle()
        elif uploading.advance(self.settings["skip_intermediate"]):
            self._process(uploading, self.clock.now())

    def _process(self, uploading: Uploading, at: datetime) -> None:
        for row in uploading.rows:
            linkage = self.visits.link(uploading.counter, row, at)
            goal_known = self.goals.has_target(uploading.counter, row.target)
            linked = goal_known and linkage.linked
            uploading.linked += linked
            uploading.goal_not_found += not goal_known
            uploading.user_not_found += linkage.reason == "user_not_found"
            reason = linkage.reason if goal_known else "goal_not_found"
            self.conversions.settle(uploading.counter, row, linked, reason)
        uploading.final = PROCESSED if uploading.linked else LINKAGE_FAILURE

    def _fail_if_ordered(self) -> None:
        if fault := self.fault("quota"):
            status, error_type, retry_after = (fault.params[name] for name in ("status", "error_type", "retry_after"))
            raise RequestRefused(status, error_type, "Quota is exceeded", retry_after=retry_after)
        if self.fault("backend_error"):
            raise refusal_of_status(503)
        if self.fault("timeout"):
            raise refusal_of_status(504)


def _unknown_route(problem: HTTPException) -> Response:
    return refusal_response(RequestRefused(problem.code or 500, "not_found", problem.name))
