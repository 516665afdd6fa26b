"""A Metrica stand-in on a free loopback port, on the morning of 1 September 2026."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from leadloop_standins.clock import Clock
from leadloop_standins.command import running
from leadloop_standins.metrica import MetricaStandIn
from unit.standins.metrica_driver import COUNTER, TOKEN, MetricaDriver

NOW = "2026-09-01T09:00:00Z"
ANNA, BORIS = "1700000000123456789", "1700000000123456790"

SEED = {
    "counters": [{"id": str(COUNTER)}],
    "tokens": [
        {"token": TOKEN},
        {"token": "reader", "scopes": ["metrika:read"]},
        {"token": "uploader", "scopes": ["metrika:offline_data"]},
        {"token": "stranger", "counters": [99]},
    ],
    "goals": [{"target": "sold"}, {"target": "qualified_lead"}],
    "visits": [
        {"client_id": ANNA, "yclid": "7325873983740247040", "time": "2026-08-25T10:00:00Z"},
        {"client_id": BORIS, "time": "2026-08-20T10:00:00Z"},
    ],
}


@pytest.fixture
def metrica(tmp_path: Path) -> Iterator[MetricaDriver]:
    clock_file = tmp_path / "clock"
    clock_file.write_text(NOW, encoding="ascii")
    with running(MetricaStandIn(Clock(clock_file), SEED)) as base_url:
        driver = MetricaDriver(base_url, clock_file)
        with driver.session:
            yield driver


@pytest.fixture
def bodies() -> Path:
    return Path(__file__).parents[2] / "bodies" / "metrica"
