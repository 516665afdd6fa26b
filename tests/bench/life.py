"""A lead's life through the real functions: the form, a deal in the CRM, three stages, two conversions uploaded.

CRM and Metrica are the stand-ins; the store is in memory and counts. Between what people do, the scheduled functions
run as the manifest has them, so that their own marks, leases and cursors are counted too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask.testing import FlaskClient

from leadloop.adapters.requests_http import RequestsHttp
from leadloop.policy import Policy
from leadloop.ports.store import Document, Key, Page, Query, Store, Write
from leadloop.yandex.metrica import Metrica
from support.crm_desk import CrmDesk, crm_desk
from support.metrica_desk import COUNTER, TOKEN, metrica_server
from support.policies import sokol

STAGES = ("qualified", "meeting", "sold")


@dataclass
class Bill:
    """Documents read and written, by the function that did it and by collection."""

    reads: Counter[str] = field(default_factory=Counter)
    writes: Counter[str] = field(default_factory=Counter)
    by_collection: Counter[str] = field(default_factory=Counter)


class BilledStore:
    """A ``Store`` that writes down who reads and writes how many documents, as the store itself counts them."""

    def __init__(self, store: Store) -> None:
        self.bill = Bill()
        self.payer = ""
        self.usage = store.usage
        self._store = store

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        """See ``Store``."""
        with self._billed():
            return self._store.get_many(keys)

    def commit(self, writes: Sequence[Write]) -> None:
        """See ``Store``."""
        with self._billed():
            self._store.commit(writes)
        self.bill.by_collection.update(write.key.collection for write in writes)

    def query(self, query: Query, cursor: str | None = None) -> Page:
        """See ``Store``."""
        with self._billed():
            return self._store.query(query, cursor)

    def count(self, query: Query) -> int:
        """See ``Store``."""
        with self._billed():
            return self._store.count(query)

    @contextmanager
    def _billed(self) -> Iterator[None]:
        reads, writes = self.usage.reads, self.usage.writes
        try:
            yield
        finally:
            self.bill.reads[self.payer] += self.usage.reads - reads
            self.bill.writes[self.payer] += self.usage.writes - writes


class Lives:
    """Some leads whose lives go side by side, each step through the functions that take it in production."""

    def __init__(self, desk: CrmDesk, metrica_url: str, leads: int, with_hooks: bool) -> None:
        self._desk = desk
        self._leads = leads
        self._with_hooks = with_hooks
        self._client_of = desk.world.client
        runtime = desk.world.runtime
        self._store = runtime.store = BilledStore(desk.world.store)
        runtime.metrica = Metrica(RequestsHttp({}), metrica_url, COUNTER, TOKEN)
        desk.world.client = self._paying_client  # type: ignore[method-assign]

    def play(self) -> Bill:
        """From the form to the processed upload of the sale; each stage is entered two days after the last."""
        client_ids = [f"17000000001234{number:05d}" for number in range(self._leads)]
        for number, client_id in enumerate(client_ids):
            phone = f"+7 999 {number // 100:03d}-{number % 100:02d}-01"
            self._desk.submit(f"visitor-{number}", ym_client_id=client_id, phone=phone)
        self._desk.settle()
        deals = [self._desk.deal(fields={"_YM_UID": client_id}) for client_id in client_ids]
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
        return self._store.bill

    def _read_changes(self) -> None:
        """Webhooks arrive one by one some seconds later, or not at all; then the next pull finds the changes."""
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

    def _paying_client(self, function: str) -> FlaskClient:
        self._store.payer = function
        return self._client_of(function)


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
