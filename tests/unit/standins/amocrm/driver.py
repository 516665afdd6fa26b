"""A plain client of the amoCRM stand-in, in the words of its tests; no code of leadloop or the stand-in is in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import requests

TOKEN = "token-of-olga"
PIPELINE, RESALE = 7001, 7002
UNSORTED, NEW, QUALIFIED, MEETING, WON, LOST = 70010, 70011, 70012, 70013, 142, 143
OLGA, MARAT = 2852001, 2852003

Json = dict[str, Any]


@dataclass
class AmoCrmDriver:
    base_url: str
    clock_file: Path
    token: str = TOKEN
    session: requests.Session = field(default_factory=requests.Session)

    def set_time(self, text: str) -> None:
        self.clock_file.write_text(text, encoding="ascii")

    def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        url = path if path.startswith("http") else f"{self.base_url}/api/v4/{path}"
        return self.session.request(method, url, headers=sent, json=body, timeout=120)

    def read(self, path: str) -> Json:
        answer = self.call("GET", path)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        found: Json = answer.json()
        return found

    def listed(self, path: str, key: str = "leads") -> list[Json]:
        """The entities of one page; an empty page is 204 without a body."""
        answer = self.call("GET", path)
        if answer.status_code == 204:
            assert answer.content == b""
            return []
        assert answer.status_code == 200, answer.text
        entities: list[Json] = answer.json()["_embedded"][key]
        return entities

    def ids(self, path: str) -> list[int]:
        return [lead["id"] for lead in self.listed(path)]

    def wrote(self, method: str, path: str, body: object) -> Json:
        answer = self.call(method, path, body)
        assert answer.status_code in (200, 201), (answer.status_code, answer.text)
        told: Json = answer.json()
        return told

    def lead(self, **keys: object) -> int:
        """Adds a lead by POST /leads."""
        added: int = self.wrote("POST", "leads", [{"name": "Анна", **keys}])["_embedded"]["leads"][0]["id"]
        return added

    def arrive(self, *arrivals: Json) -> list[Json]:
        """POST /leads/complex."""
        answer = self.call("POST", "leads/complex", list(arrivals))
        assert answer.status_code == 200, answer.text
        answered: list[Json] = answer.json()
        return answered

    def act(self, action: str, **order: object) -> Json:
        return self.control("POST", "actions", {"action": action, **order})

    def settings(self, **changes: object) -> None:
        self.control("POST", "settings", changes)

    def order(self, fault: str, **instruction: object) -> None:
        self.control("POST", "faults", {"fault": fault, **instruction})

    def pump(self) -> Json:
        return self.control("POST", "webhooks/pump")

    def control(self, method: str, name: str, document: object = None) -> Json:
        answer = self.session.request(method, f"{self.base_url}/_stand_in/{name}", json=document, timeout=120)
        assert answer.ok, answer.text
        told: Json = answer.json()
        return told

    def refused(self, name: str, document: object) -> str:
        """The text with which an order of a test is refused."""
        answer = self.session.post(f"{self.base_url}/_stand_in/{name}", json=document, timeout=120)
        assert answer.status_code == 400, answer.text
        text: str = answer.json()["error"]
        return text

    def ledger(self) -> Json:
        return self.control("GET", "ledger")

    def in_ledger(self, lead_id: int) -> Json:
        return next(lead for lead in self.ledger()["leads"] if lead["id"] == lead_id)

    def subscribe(self, destination: str, *settings: str) -> None:
        self.wrote("POST", "webhooks", {"destination": destination, "settings": list(settings)})

    def told(self) -> list[str]:
        """What every queued body tells of, in order."""
        return [line for one in self.ledger()["webhook_deliveries"] for line in one["tells_of"]]


def person(name: str, phone: str | None = None) -> Json:
    """A contact within a complex request."""
    row: Json = {"first_name": name}
    if phone:
        row["custom_fields_values"] = [{"field_code": "PHONE", "values": [{"value": phone, "enum_code": "WORK"}]}]
    return row


def arrival(name: str, phone: str | None = None, **keys: object) -> Json:
    """A site lead with its contact."""
    return {"name": f"Заявка: {name}", "_embedded": {"contacts": [person(name, phone)]}, **keys}


def filled(**by_code: str) -> list[Json]:
    """`custom_fields_values` by field code."""
    return [{"field_code": code, "values": [{"value": value}]} for code, value in by_code.items()]


def problems_of(answer: requests.Response) -> list[tuple[str, str, str]]:
    """request_id, code and path of every validation error."""
    assert answer.status_code == 400, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert {key: body[key] for key in ("title", "type", "status", "detail")} == {
        "title": "Bad Request",
        "type": "https://httpstatus.es/400",
        "status": 400,
        "detail": "Request validation failed",
    }
    return [(row["request_id"], one["code"], one["path"]) for row in body["validation-errors"] for one in row["errors"]]


def form(body: bytes) -> dict[str, str]:
    """A webhook body as flat pairs."""
    return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True))
