"""A lead's life through the real functions: the form, a deal in the CRM, three stages, two conversions uploaded.

CRM and Metrica are the stand-ins; the store is in memory and counts. Between what people do, the scheduled functions
run as the manifest has them, so that their own marks, leases and cursors are counted too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from flask.testing import FlaskClient

from bench.bill import Bill, BilledBus, BilledClient, BilledHttp, BilledLog, BilledStore, Meter
from bench.index_sizes import index_size
from leadloop.adapters.document_size import document_size
from leadloop.adapters.json_log import JsonLog
from leadloop.adapters.requests_http import RequestsHttp
from leadloop.cost.operations import Resting
from leadloop.indexes import COLLECTIONS, EXPIRING
from leadloop.policy import Policy
from leadloop.yandex.metrica import Metrica
from support.crm_desk import CrmDesk, crm_desk
from support.metrica_desk import COUNTER, TOKEN, metrica_server
from support.policies import ORIGIN, sokol
from support.world import MANIFEST

STAGES = ("qualified", "meeting", "sold")


class Lives:
    """Some leads whose lives go side by side, each step through the functions that take it in production."""

    def __init__(self, desk: CrmDesk, metrica_url: str, leads: int, with_hooks: bool) -> None:
        self._desk = desk
        self._with_hooks = with_hooks
        self._client_of = desk.world.client
        self._meter = Meter()
        self._client_ids = [f"17000000001234{number:05d}" for number in range(leads)]
        runtime = desk.world.runtime
        runtime.store = BilledStore(desk.world.store, self._meter)
        runtime.bus = BilledBus(desk.world.bus, self._meter, MANIFEST.subscriptions())
        runtime.http = BilledHttp(runtime.http, self._meter)
        runtime.log = JsonLog(desk.clock, BilledLog(self._meter))
        runtime.metrica = Metrica(BilledHttp(RequestsHttp({}), self._meter), metrica_url, COUNTER, TOKEN)
        desk.world.client = self._billed_client  # type: ignore[method-assign]

    def play(self) -> Bill:
        """From the form to the processed upload of the sale; each stage is entered two days after the last."""
        for number, client_id in enumerate(self._client_ids):
            phone = f"+7 999 {number // 100:03d}-{number % 100:02d}-01"
            self._desk.submit(f"visitor-{number}", ym_client_id=client_id, phone=phone)
        self._desk.settle()
        deals = [self._desk.deal(fields={"_YM_UID": client_id}) for client_id in self._client_ids]
        self._read_changes()
        for stage in STAGES:
            self._desk.clock.advance(days=2)
            for deal in deals:
                self._desk.move(deal, stage)
                if stage == "sold":
                    self._desk.act("set_price", lead_id=deal, price=14_850_000)
            self._read_changes()
            for function in ("upload-conversions", "check-uploads"):
                self._desk.clock.advance(hours=2)
                self._tick(function)
        return self._taken()

    def come_back(self) -> Bill:
        """Every lead's browser is on the site once more, and its tag says so."""
        for client_id in self._client_ids:
            body = {"ym_client_id": client_id, "page_url": "https://sokol.example/flats?utm_source=yandex"}
            answer = self._desk.world.client("capture-visit").post("/", json=body, headers={"Origin": ORIGIN})
            assert answer.status_code == 204, answer.text
        self._desk.world.settle(only=frozenset({"record-visit"}))
        return self._taken()

    def rest(self) -> Bill:
        """Nothing happens: one run of each scheduled function, after one that finds nothing any more."""
        scheduled = [name for name, function in MANIFEST.functions.items() if function.schedule]
        for bill in (self._meter.bill, Bill()):
            self._meter.bill = bill
            self._desk.clock.advance(hours=2)
            for function in scheduled:
                self._tick(function)
        return self._taken()

    def resting(self) -> Resting:
        """The documents that are there now."""
        found = Resting()
        for collection in COLLECTIONS:
            for document in self._desk.world.documents(collection):
                size = document_size(document.key, document.fields) + index_size(document)
                found += Resting(0, 1, size) if collection in EXPIRING else Resting(size)
        return found

    def _taken(self) -> Bill:
        bill, self._meter.bill = self._meter.bill, Bill()
        return bill

    def _read_changes(self) -> None:
        """Webhooks arrive one by one some seconds later, or not at all; then the next pull finds the changes."""
        for _ in range(2):  # the CRM also tells of what we ourselves wrote into a deal
            self._desk.clock.advance(seconds=10)
            if self._with_hooks:
                self._desk.carry_hooks()
        self._desk.forget_hooks()
        self._desk.clock.advance(minutes=15)
        self._tick("sync-crm")

    def _tick(self, function: str) -> None:
        answer = self._desk.world.client(function).post("/")
        assert answer.status_code == 200, answer.text
        self._desk.settle()

    def _billed_client(self, function: str) -> FlaskClient:
        outside = MANIFEST.functions[function].public
        client = BilledClient(self._client_of(function), function, self._meter, answers_outside=outside)
        return cast("FlaskClient", client)


def two_goals() -> Policy:
    """«Сокол» with a goal for the qualified lead and one for the sale."""
    goals = {name: goal for name, goal in sokol().goals.items() if name != "lead_received"}
    return sokol().model_copy(update={"goals": goals})


@contextmanager
def lives(leads: int, *, with_hooks: bool) -> Iterator[Lives]:
    """The desks that so many lives need."""
    with metrica_server() as metrica, crm_desk(two_goals()) as desk:
        metrica.begin(desk.clock)
        yield Lives(desk, metrica.url, leads, with_hooks)
