"""Both vendors of «Сокол», once for many tests; each test takes them from the beginning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from leadloop.ports.clock import Clock
from leadloop_standins.amocrm.stand_in import AmoCrmStandIn
from leadloop_standins.clock import Clock as StandInClock
from leadloop_standins.metrica import MetricaStandIn
from leadloop_standins.stand_in import StandIn
from support.policies import MEETING, NEW, PIPELINE, QUALIFIED
from support.settable_clock import MORNING
from support.stand_in_http import StandInHttp, at_work

AMOCRM, METRICA = "http://127.0.0.1:9", "http://127.0.0.1:10"
"""Nobody listens there: what does not come by way of ``StandInHttp`` is noticed."""
COUNTER = "12345678"
HOOK_SECRET = "a-secret-in-the-path"
METRICA_TOKEN, CRM_TOKEN = "an-oauth-token", "a-long-lived-token"
TARGETS = ("lead_received", "lead_qualified", "flat_sold")
_DESTINATION = "https://leads.sokol.example/receive-crm-event"
_HOOKS = ["add_lead", "update_lead", "status_lead", "delete_lead", "update_contact"]


class _SharedClock(StandInClock):
    """The calendar of whoever uses the vendors now."""

    def __init__(self) -> None:
        super().__init__()
        self.hands: Clock | None = None

    def now(self) -> datetime:
        return MORNING if self.hands is None else self.hands.now()


class Vendors:
    """amoCRM and Metrica. What they counted is the oracle: they know nothing of leadloop."""

    def __init__(
        self, amocrm: AmoCrmStandIn, metrica: MetricaStandIn, clock: _SharedClock, environment: dict[str, str]
    ) -> None:
        self.amocrm = amocrm
        self.metrica = metrica
        self.environment = environment
        self.http = StandInHttp({AMOCRM: amocrm, METRICA: metrica}, clock)
        self._clock = clock
        self._told = 0

    def begin(self, hands: Clock) -> None:
        """Forget everything and follow these hands."""
        self._clock.hands = hands
        self._told = 0
        self.amocrm.reset()
        self.metrica.reset()

    def break_(self, vendor: str, fault: str, **instruction: Any) -> None:  # noqa: ANN401 - as the stand-ins' orders
        """Order a fault of ``amocrm`` or ``metrica``; by default for the next request."""
        stand_in = self.of(vendor)
        with stand_in.lock:
            stand_in.faults.order({"fault": fault, **instruction})

    def set(self, vendor: str, **settings: Any) -> None:  # noqa: ANN401 - as the stand-ins' settings
        """Turn switches of a vendor."""
        stand_in = self.of(vendor)
        with stand_in.lock:
            stand_in.change_settings(settings)

    def subscribe(self, hooks: Iterable[str]) -> None:
        """Have amoCRM send these webhooks and no others."""
        with self.amocrm.lock:
            self.amocrm.subscriptions.subscribe(_DESTINATION, hooks, 1, self.amocrm.unix_now(), 0)

    def mend(self) -> None:
        """No more faults."""
        for stand_in in (self.amocrm, self.metrica):
            with stand_in.lock:
                stand_in.faults.clear()

    def act(self, action: str, **details: object) -> dict[str, Any]:
        """A manager does something in the CRM."""
        return self.amocrm.act({"action": action, **details})

    def see_visit(self, at: datetime, **ids: str) -> None:
        """Metrica records a visit."""
        self.metrica.apply_seed({"visits": [{"time": at.isoformat(), **ids}]})

    def take_hooks(self) -> list[bytes]:
        """Bodies of the webhooks that amoCRM wanted to post since it was last asked."""
        with self.amocrm.lock:
            queued = self.amocrm.deliveries.all[self._told :]
            self._told += len(queued)
            return [delivery.body.encode() for delivery in queued]

    def crm_book(self) -> dict[str, Any]:
        """The CRM's own ledger."""
        return self._book(self.amocrm)

    def metrica_book(self) -> dict[str, Any]:
        """Metrica's own ledger."""
        return self._book(self.metrica)

    def requests(self, vendor: str, method: str, ending: str) -> int:
        """How many requests a vendor has received to such a path."""
        entries = self.of(vendor).journal.entries
        return sum(entry.method == method and entry.path.endswith(ending) for entry in entries)

    def of(self, vendor: str) -> StandIn:
        """A vendor's stand-in by name."""
        return self.amocrm if vendor == "amocrm" else self.metrica

    def _book(self, stand_in: StandIn) -> dict[str, Any]:
        with stand_in.lock:
            return stand_in.ledger()


@contextmanager
def served() -> Iterator[Vendors]:
    """Both vendors, until the block ends."""
    clock = _SharedClock()
    amocrm, metrica = AmoCrmStandIn(clock, _amocrm_seed()), MetricaStandIn(clock, _metrica_seed())
    with at_work(amocrm, metrica):
        environment = {
            "LEADLOOP_ENDPOINT_AMOCRM": AMOCRM,
            "LEADLOOP_ENDPOINT_METRICA": METRICA,
            "LEADLOOP_AMOCRM_TOKEN": CRM_TOKEN,
            "LEADLOOP_METRICA_TOKEN": METRICA_TOKEN,
            "LEADLOOP_HOOK_SECRET": HOOK_SECRET,
        }
        yield Vendors(amocrm, metrica, clock, environment)


def _metrica_seed() -> dict[str, Any]:
    return {
        "counters": [{"id": COUNTER}],
        "tokens": [{"token": METRICA_TOKEN}],
        "goals": [{"target": target} for target in TARGETS],
        "settings": {"processing_minutes": 60.0},
    }


def _amocrm_seed() -> dict[str, Any]:
    statuses = [{"id": int(one), "name": one} for one in (NEW, QUALIFIED, MEETING)]
    return {
        "account": [{"subdomain": "sokol", "name": "ЖК «Сокол»"}],
        "pipelines": [{"id": int(PIPELINE), "name": "Продажи", "is_main": True, "statuses": statuses}],
        "fields": [{"name": code, "code": code} for code in ("LEADLOOP_ID", "SUBMISSION_ID")],
        "tokens": [{"token": CRM_TOKEN}],
        "webhooks": [{"destination": _DESTINATION, "settings": _HOOKS}],
        "settings": {"requests_per_second": 0, "deliver_automatically": False},
    }
