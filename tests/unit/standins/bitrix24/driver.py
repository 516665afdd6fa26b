"""A plain client of the Bitrix24 stand-in, in the words of its tests; no code of leadloop or the stand-in is in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.test import Client, TestResponse

CODE, APPLICATION_TOKEN = "code0of0olga0000", "token-of-the-outgoing-webhook-01"
OLGA, MARAT = 11, 13
LEAD, DEAL, CONTACT = 1, 2, 3
RESALE = 1

Json = dict[str, Any]


@dataclass
class Bitrix24Driver:
    client: Client
    clock_file: Path
    user: int = OLGA
    code: str = CODE
    path: str = field(default="/rest/{user}/{code}/{method}")

    def set_time(self, text: str) -> None:
        self.clock_file.write_text(text, encoding="ascii")

    def call(self, method: str, params: Mapping[str, Any] | None = None, code: str | None = None) -> TestResponse:
        path = self.path.format(user=self.user, code=code or self.code, method=method)
        return self.client.post(path, json=params or {})

    def answer(self, method: str, **params: object) -> Json:
        """The whole envelope of a call that is done."""
        response = self.call(method, params)
        assert response.status_code == 200, (response.status_code, response.text)
        told: Json = response.get_json()
        return told

    def result(self, method: str, **params: object) -> Any:  # noqa: ANN401 - an object, a list, a number or a flag
        return self.answer(method, **params)["result"]

    def refused(self, method: str, **params: object) -> tuple[int, Any, str]:
        """Status, code and text of a call that is not done."""
        response = self.call(method, params)
        body = response.get_json()
        return response.status_code, body["error"], body["error_description"]

    def batch(self, halt: int = 0, **commands: str) -> Json:
        told: Json = self.result("batch", halt=halt, cmd=commands)
        return told

    def deal(self, **fields: object) -> int:
        """Adds a deal by crm.deal.add."""
        added: int = self.result("crm.deal.add", fields={"TITLE": "Анна", **fields})
        return added

    def read(self, deal: int) -> Json:
        told: Json = self.result("crm.deal.get", id=deal)
        return told

    def moves(self, entity_type: int = DEAL, **params: object) -> list[Json]:
        rows: list[Json] = self.result("crm.stagehistory.list", entityTypeId=entity_type, **params)["items"]
        return rows

    def act(self, action: str, **order: object) -> Json:
        return self.control("POST", "actions", {"action": action, **order})

    def settings(self, **changes: object) -> None:
        self.control("POST", "settings", changes)

    def order(self, fault: str, **instruction: object) -> None:
        self.control("POST", "faults", {"fault": fault, **instruction})

    def pump(self) -> Json:
        return self.control("POST", "webhooks/pump")

    def control(self, method: str, name: str, document: object = None) -> Json:
        response = self.client.open(f"/_stand_in/{name}", method=method, json=document)
        assert response.status_code < 300, response.text
        told: Json = response.get_json()
        return told

    def not_understood(self, name: str, document: object) -> str:
        """The text with which an order of a test is refused."""
        response = self.client.post(f"/_stand_in/{name}", json=document)
        assert response.status_code == 400, response.text
        text: str = response.get_json()["error"]
        return text

    def ledger(self) -> Json:
        return self.control("GET", "ledger")

    def told(self) -> list[str]:
        """What every queued event tells of, in order."""
        return [one["tells_of"] for one in self.ledger()["webhook_deliveries"]]


def form(body: bytes) -> dict[str, str]:
    """A body as flat pairs."""
    return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True))
