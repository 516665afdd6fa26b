"""The amoCRM account of the property developer «Сокол», on a free loopback port, on the morning of 1 September 2026."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from leadloop_standins.amocrm.stand_in import AmoCrmStandIn
from leadloop_standins.clock import Clock
from leadloop_standins.command import running
from unit.standins.amocrm.driver import (
    MARAT,
    MEETING,
    NEW,
    OLGA,
    PIPELINE,
    QUALIFIED,
    RESALE,
    TOKEN,
    UNSORTED,
    WON,
    AmoCrmDriver,
)
from unit.standins.amocrm.receiver import Receiver, receiving

NOW = "2026-09-01T09:00:00Z"

SEED: dict[str, Any] = {
    "account": [{"subdomain": "sokol", "name": "ЖК «Сокол»"}],
    "users": [{"id": OLGA, "name": "Ольга"}, {"id": MARAT, "name": "Марат"}],
    "pipelines": [
        {
            "id": PIPELINE,
            "name": "Новостройки",
            "statuses": [
                {"id": UNSORTED, "name": "Неразобранное", "is_unsorted": True},
                {"id": NEW, "name": "Новая"},
                {"id": QUALIFIED, "name": "Квалифицирована"},
                {"id": MEETING, "name": "Встреча"},
                {"id": WON, "name": "Продано"},
            ],
        },
        {"id": RESALE, "name": "Вторичка", "statuses": [{"id": 70021, "name": "Новая"}]},
    ],
    "loss_reasons": [{"id": 501, "name": "Дорого"}],
    "fields": [
        {"id": 752901, "name": "LEADLOOP_ID", "code": "LEADLOOP_ID"},
        {"id": 752903, "name": "Комнат", "type": "numeric"},
        {"id": 752905, "name": "Ипотека", "type": "checkbox"},
        {"id": 752907, "name": "Дата показа", "type": "date"},
        {
            "id": 752909,
            "name": "Отделка",
            "type": "select",
            "enums": [{"id": 9001, "value": "Чистовая"}, {"id": 9003, "value": "Черновая", "code": "ROUGH"}],
        },
    ],
    "tokens": [{"token": TOKEN}],
    "settings": {"deliver_automatically": False, "requests_per_second": 0},
}


@pytest.fixture
def clock_file(tmp_path: Path) -> Path:
    file = tmp_path / "clock"
    file.write_text(NOW, encoding="ascii")
    return file


@pytest.fixture
def amocrm(clock_file: Path) -> Iterator[AmoCrmDriver]:
    with running(AmoCrmStandIn(Clock(clock_file), SEED)) as base_url:
        driver = AmoCrmDriver(base_url, clock_file)
        with driver.session:
            yield driver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def bodies() -> Path:
    return Path(__file__).parents[3] / "bodies" / "amocrm"
