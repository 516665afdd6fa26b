"""The CoMagic account of the property developer «Сокол» on the morning of 22 November 2026, ten o'clock in Moscow."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from leadloop_standins.clock import Clock
from leadloop_standins.comagic.stand_in import CoMagicStandIn
from unit.standins.amocrm.receiver import Receiver, receiving
from unit.standins.comagic.driver import CAMPAIGN, DYNAMIC, SITE, SOLD, STATIC, TARGET, TOKEN, CoMagicDriver

SEED: dict[str, Any] = {
    "account": [{"app_id": 4455, "name": "ЖК «Сокол»"}],
    "sites": [{"id": SITE, "domain_name": "sokol.example"}],
    "campaigns": [{"id": CAMPAIGN, "name": "Щиты у метро", "site_id": SITE}],
    "numbers": [
        {"number": DYNAMIC, "kind": "dynamic", "site_id": SITE},
        {"number": STATIC, "kind": "static", "site_id": SITE, "campaign_id": CAMPAIGN},
    ],
    "employees": [{"id": 501, "full_name": "Сидорова Анна"}],
    "tags": [{"id": TARGET, "name": "Целевой"}, {"id": SOLD, "name": "Продажа", "is_system": True}],
    "users": [{"id": 2001, "login": "olga", "password": "correct horse"}],
    "tokens": [{"token": TOKEN, "login": "leads"}, {"token": "reader", "rights": "read"}],
    "settings": {"deliver_automatically": False},
}


@pytest.fixture(scope="session")
def clock_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("comagic") / "clock"


@pytest.fixture(scope="session")
def account(clock_file: Path) -> CoMagicStandIn:
    """One stand-in for all tests: a reset costs less than its routes."""
    return CoMagicStandIn(Clock(clock_file), SEED)


@pytest.fixture
def comagic(account: CoMagicStandIn, clock_file: Path) -> CoMagicDriver:
    driver = CoMagicDriver(Client(account), clock_file)
    driver.at("10:00:00")
    account.reset()
    return driver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def bodies() -> Path:
    return Path(__file__).parents[3] / "bodies" / "comagic"
