"""An amoCRM account as somebody finds it who sets leadloop up: two pipelines, whose names say more or less."""

from __future__ import annotations

from typing import Any

TOKEN = "a-long-lived-token-of-olga"
SEED: dict[str, Any] = {
    "account": [{"subdomain": "sokol", "name": "ЖК «Сокол»"}],
    "pipelines": [
        {
            "id": 7001,
            "name": "Новостройки",
            "statuses": [
                {"id": 70011, "name": "Новая заявка"},
                {"id": 70012, "name": "Квалифицирована"},
                {"id": 70013, "name": "Показ # объекта"},
                {"id": 70014, "name": "Думает"},
            ],
        },
        {"id": 7002, "name": "Вторичка", "statuses": [{"id": 70021, "name": "В работе"}]},
    ],
    "loss_reasons": [{"id": 4203011, "name": "Спам"}],
    "fields": [{"id": 752902, "name": "Рекламный источник", "code": ""}],
    "tokens": [{"token": TOKEN}],
    "settings": {"requests_per_second": 0},
}
