"""Thousands of deals, and what is done to all of them at once: through the CRM's own API, as its bulk edits do.

What became of them is read from the stand-in's ledger, never from leadloop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from werkzeug.test import Client

from leadloop.leads.lead import Lead
from support.crm_desk import SEED, STATUS, TOKEN, CrmDesk
from support.policies import PIPELINE

ELSEWHERE, ELSEWHERE_SHOWN = "7002", "70022"
"""Another pipeline of the account, of which the policy says nothing."""
TWO_PIPELINES: dict[str, Any] = {
    **SEED,
    "pipelines": [
        *SEED["pipelines"],
        {
            "id": int(ELSEWHERE),
            "name": "Вторичка",
            "statuses": [{"id": 70021, "name": "Новая"}, {"id": int(ELSEWHERE_SHOWN), "name": "Показ"}],
        },
    ],
}
_A_WRITE = 250


def plant_deals(desk: CrmDesk, number: int, *, client_ids: bool = False) -> list[int]:
    """Deals that were there before leadloop was, of which no webhook told."""
    rows: list[dict[str, object]] = [{"name": f"Сделка {place}"} for place in range(number)]
    if client_ids:
        rows = [{**row, "fields": {"_YM_UID": client_id(place)}} for place, row in enumerate(rows)]
    desk.amocrm.apply_seed({"leads": rows})
    return list(desk.amocrm.account.leads)[-number:]


def client_id(place: int) -> str:
    """The ClientID of the visitor in a place."""
    return str(1_700_000_000_000_000_000 + place)


def move_all(desk: CrmDesk, deals: Sequence[int], stage: str) -> None:
    """A bulk edit: 250 deals a request, all in one second."""
    crm = Client(desk.amocrm)
    for start in range(0, len(deals), _A_WRITE):
        rows = [
            {"id": deal, "pipeline_id": int(PIPELINE), "status_id": int(STATUS[stage])}
            for deal in deals[start : start + _A_WRITE]
        ]
        answer = crm.patch("/api/v4/leads", json=rows, headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200, answer.text


def tick_until_quiet(desk: CrmDesk, at_most: int) -> list[dict[str, Any]]:
    """Ticks of the schedule, a quarter of an hour apart, until one finds nothing and no mark is left."""
    ticks: list[dict[str, Any]] = []
    while not ticks or ticks[-1]["read"] or desk.marks():
        assert len(ticks) < at_most, f"not quiet after {at_most} ticks: {ticks}, {len(desk.marks())} marks"
        desk.clock.advance(minutes=15)
        ticks.append(desk.sync())
    return ticks


def stages_told(desk: CrmDesk) -> dict[int, list[tuple[datetime, str]]]:
    """Of each deal its entries into statuses, as the leads on it were told: their time and ``pipeline/status``."""
    told: dict[int, list[tuple[datetime, str]]] = {}
    for document in desk.world.documents("lead"):
        for fact in Lead.of(document).facts:
            if fact.kind == "stage_entered":
                status = f"{fact.values['pipeline_id']}/{fact.values['status_id']}"
                entries = told.setdefault(int(str(fact.values["external_id"])), [])
                entries.append((fact.occurred_at.replace(microsecond=0), status))
    return told


def stages_in_the_crm(desk: CrmDesk) -> dict[int, list[tuple[datetime, str]]]:
    """The same from the CRM's ledger, of deals that are there: where each was created, and every move since."""
    return {row["id"]: _entries(row) for row in desk.ledger()["leads"] if not (row["is_deleted"] or row["merged_into"])}


def _entries(row: dict[str, Any]) -> list[tuple[datetime, str]]:
    moves = [event for event in row["history"] if event["type"] == "lead_status_changed"]
    first = _status(moves[0]["before"]) if moves else f"{row['pipeline_id']}/{row['status_id']}"
    born = (datetime.fromisoformat(row["created_at"]), first)
    return [born, *((datetime.fromisoformat(event["at"]), _status(event["after"])) for event in moves)]


def _status(side: list[dict[str, Any]]) -> str:
    held = side[0]["lead_status"]
    return f"{held['pipeline_id']}/{held['id']}"


def calls_since(desk: CrmDesk, before: int) -> Counter[str]:
    """How often leadloop called each path of the API since so many calls were made."""
    return Counter(path.removeprefix("/api/v4/") for method, path in desk.calls()[before:] if method == "GET")
