"""A plain client of the CoMagic stand-in, in the words of its tests; no code of leadloop or the stand-in is in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from werkzeug.test import Client, TestResponse

TOKEN = "key-of-the-integration"
SITE, STATIC, DYNAMIC, CAMPAIGN = 3, "74950000000", "74950000007", 77
ANNA_ID, YCLID = "1700000000123456789", "7325873983740247040"
ANNA_PHONE, BORIS_PHONE = "79990000002", "79990000003"
TARGET, SOLD = 101, 103
DAY = ("2026-11-22 00:00:00", "2026-11-23 00:00:00")

Json = dict[str, Any]


@dataclass
class CoMagicDriver:
    client: Client
    clock_file: Path
    token: str = TOKEN

    # The API

    def post(self, document: object, headers: Mapping[str, str] | None = None) -> TestResponse:
        """Any JSON at the API's address."""
        return self.client.post("/v2.0", json=document, headers=dict(headers or {}))

    def call(self, method: str, **params: object) -> Json:
        """The answer to one call."""
        sent = {"access_token": self.token, **params}
        answer = self.post({"jsonrpc": "2.0", "id": "t-1", "method": method, "params": sent})
        assert answer.status_code == 200, answer.text
        told: Json = json.loads(answer.text)
        return told

    def result(self, method: str, **params: object) -> Json:
        told = self.call(method, **params)
        assert "error" not in told, told
        found: Json = told["result"]
        return found

    def error(self, method: str, **params: object) -> Json:
        """The error of a call that is refused."""
        refused: Json = self.call(method, **params)["error"]
        return refused

    def mnemonic(self, method: str, **params: object) -> str:
        named: str = self.error(method, **params)["data"]["mnemonic"]
        return named

    def report(self, kind: str = "calls", **params: object) -> list[Json]:
        """The rows of a report of 22 November, Moscow time, unless other dates are given."""
        since, until = DAY
        found = self.result(f"get.{kind}_report", **{"date_from": since, "date_till": until, **params})
        return cast(list[Json], found["data"])

    def row(self, *fields: str, kind: str = "calls") -> Json:
        """The one row of that report."""
        [row] = self.report(kind, **({"fields": list(fields)} if fields else {}))
        return row

    def filtered(self, field: str, operator: str, value: object, *shown: str) -> list[Any]:
        """The ids of the calls that pass a filter."""
        rows = self.report(fields=["id"], filter={"field": field, "operator": operator, "value": value})
        return [row["id"] for row in rows]

    # The people

    def act(self, action: str, **order: object) -> Json:
        return self.control("POST", "actions", {"action": action, **order})

    def visit(self, **order: object) -> int:
        """Anna opens the site from an advertisement; the session."""
        came = {"ym_client_id": ANNA_ID, "yclid": YCLID, "marks": {"utm_source": "yandex", "utm_campaign": "77"}}
        session: int = self.act("visit", **{**came, **order})["visitor_session_id"]
        return session

    def phone(self, session: int | None = None, **order: object) -> Json:
        """Anna calls and talks for two minutes."""
        made = {"phone": ANNA_PHONE, "wait_seconds": 25, "talk_seconds": 120}
        dialled = {"number": STATIC} if session is None else {"session_id": session}
        return self.act("call", **{**made, **dialled, **order})

    # The test

    def at(self, moscow: str) -> None:
        """Sets the clock to a time of Moscow, of 22 November unless a date is given."""
        text = moscow if " " in moscow else f"2026-11-22 {moscow}"
        self.clock_file.write_text(f"{text.replace(' ', 'T')}+03:00", encoding="ascii")

    def settings(self, **changes: object) -> None:
        self.control("POST", "settings", changes)

    def order(self, fault: str, **instruction: object) -> None:
        self.control("POST", "faults", {"fault": fault, **instruction})

    def pump(self) -> Json:
        return self.control("POST", "notifications/pump")

    def control(self, method: str, name: str, document: object = None) -> Json:
        answer = self.client.open(f"/_stand_in/{name}", method=method, json=document)
        assert answer.status_code < 300, answer.text
        told: Json = json.loads(answer.text)
        return told

    def refused(self, name: str, document: object) -> str:
        """The text with which an order of a test is refused."""
        answer = self.client.post(f"/_stand_in/{name}", json=document)
        assert answer.status_code == 400, answer.text
        text: str = json.loads(answer.text)["error"]
        return text

    def ledger(self) -> Json:
        return self.control("GET", "ledger")


def pretty(document: object) -> str:
    """JSON as the golden files hold it: keys in the vendor's order, letters as they are."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
