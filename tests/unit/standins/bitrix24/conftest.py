"""The Bitrix24 portal of the property developer «Сокол», in this process, on the morning of 1 September 2026."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from leadloop_standins.bitrix24.stand_in import Bitrix24StandIn
from leadloop_standins.clock import Clock
from unit.standins.amocrm.receiver import Receiver, receiving
from unit.standins.bitrix24.driver import APPLICATION_TOKEN, CODE, MARAT, OLGA, RESALE, Bitrix24Driver

NOW = "2026-09-01T09:00:00Z"
EVENTS = [f"ONCRM{kind}{verb}" for kind in ("LEAD", "DEAL", "CONTACT") for verb in ("ADD", "UPDATE", "DELETE")]

SEED: dict[str, Any] = {
    "portal": [{"domain": "sokol.bitrix24.ru", "member_id": "0" * 31 + "7", "first_ids": {"deal": 401, "lead": 51}}],
    "users": [{"id": OLGA, "name": "Ольга", "last_name": "Белова"}, {"id": MARAT, "name": "Марат", "is_admin": False}],
    "pipelines": [
        {
            "id": 0,
            "name": "Новостройки",
            "stages": [
                {"id": "NEW", "name": "Новая"},
                {"id": "PREPARATION", "name": "Встреча"},
                {"id": "WON", "name": "неотвеченные", "semantics": "S"},
                {"id": "LOSE", "name": "Проиграна", "semantics": "F"},
                {"id": "APOLOGY", "name": "Не наш клиент", "semantics": "F"},
                {"id": "UC_SPAM01", "name": "Спам", "semantics": "F"},
            ],
        },
        {
            "id": RESALE,
            "name": "Вторичка",
            "stages": [
                {"id": "NEW", "name": "Новая"},
                {"id": "WON", "name": "Продано", "semantics": "S"},
                {"id": "LOSE", "name": "Отказ", "semantics": "F"},
            ],
        },
    ],
    "user_fields": [
        {"kind": "deal", "code": "LEADLOOP_ID"},
        {"kind": "lead", "code": "LEADLOOP_ID"},
        {"kind": "deal", "code": "YCLID"},
        {"kind": "lead", "code": "YM_CLIENT_ID"},
        {"kind": "deal", "code": "1721244482250", "type": "integer"},
        {"kind": "deal", "code": "MORTGAGE", "type": "boolean"},
        {"kind": "deal", "code": "AREA", "type": "double"},
        {"kind": "deal", "code": "FINISH", "type": "enumeration", "choices": ["Чистовая", "Черновая"]},
    ],
    "inbound_webhooks": [{"user_id": OLGA, "code": CODE}],
    "settings": {"deliver_automatically": False, "requests_until_blocked": 0},
}


@pytest.fixture
def clock_file(tmp_path: Path) -> Path:
    file = tmp_path / "clock"
    file.write_text(NOW, encoding="ascii")
    return file


@pytest.fixture
def portal(clock_file: Path) -> Bitrix24Driver:
    """Its events are posted on demand only: nothing works by itself before `start`."""
    stand_in = Bitrix24StandIn(Clock(clock_file), SEED)
    stand_in.reset()
    return Bitrix24Driver(Client(stand_in), clock_file)


@pytest.fixture
def receiver(portal: Bitrix24Driver) -> Iterator[Receiver]:
    """Told of every event of leads, deals and contacts."""
    with receiving() as one:
        webhook = {"destination": one.url, "events": EVENTS, "application_token": APPLICATION_TOKEN}
        portal.control("POST", "webhooks", [webhook])
        yield one


@pytest.fixture
def bodies() -> Path:
    return Path(__file__).parents[3] / "bodies" / "bitrix24"
