"""A plain client of the Metrica stand-in, in the words of its tests; no code of leadloop or the stand-in is in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import requests

COUNTER = 12345678
TOKEN = "token-of-olga"
Part = tuple[str | None, str | bytes] | tuple[str, bytes, str]

API = f"/management/v1/counter/{COUNTER}"


@dataclass
class MetricaDriver:
    base_url: str
    clock_file: Path
    token: str = TOKEN
    session: requests.Session = field(default_factory=requests.Session)

    def set_time(self, text: str) -> None:
        self.clock_file.write_text(text, encoding="ascii")

    def call(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] = MappingProxyType({}),
        params: Mapping[str, str | int] | None = None,
        json: object = None,
        data: str | None = None,
        files: Mapping[str, Part] | None = None,
    ) -> requests.Response:
        sent = {"Authorization": f"OAuth {self.token}", **headers}
        url = self.base_url + path
        return self.session.request(
            method, url, headers=sent, params=params, json=json, data=data, files=files, timeout=120
        )

    def upload(self, content: str | bytes, **query: str) -> requests.Response:
        part = {"file": ("rows.csv", content if isinstance(content, bytes) else content.encode(), "text/csv")}
        return self.call("POST", f"{API}/offline_conversions/upload", files=part, params=query)

    def accepted(self, content: str, **query: str) -> dict[str, Any]:
        answer = self.upload(content, **query)
        assert answer.status_code == 200, answer.text
        uploading: dict[str, Any] = answer.json()["uploading"]
        return uploading

    def uploading(self, number: int) -> dict[str, Any]:
        answer = self.call("GET", f"{API}/offline_conversions/uploading/{number}")
        assert answer.status_code == 200, answer.text
        uploading: dict[str, Any] = answer.json()["uploading"]
        return uploading

    def processed(self, content: str) -> dict[str, Any]:
        """Uploads and asks until the end."""
        uploading = self.accepted(content)
        for _ in range(10):
            if uploading["status"] in ("PROCESSED", "LINKAGE_FAILURE"):
                return uploading
            uploading = self.uploading(uploading["id"])
        raise AssertionError(f"never ended: {uploading}")

    def listing(self, **query: int) -> list[dict[str, Any]]:
        answer = self.call("GET", f"{API}/offline_conversions/uploadings", params=query)
        assert answer.status_code == 200, answer.text
        uploadings: list[dict[str, Any]] = answer.json()["uploadings"]
        return uploadings

    def order(self, fault: str, **instruction: object) -> None:
        self.control("POST", "faults", {"fault": fault, **instruction})

    def settings(self, **changes: object) -> None:
        self.control("POST", "settings", changes)

    def visit(self, time: str, **ids: str) -> None:
        self.control("POST", "visits", [{"time": time, **ids}])

    def control(self, method: str, name: str, document: object = None) -> dict[str, Any]:
        answer = self.session.request(method, f"{self.base_url}/_stand_in/{name}", json=document, timeout=120)
        assert answer.ok, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def ledger(self) -> dict[str, Any]:
        return self.control("GET", "ledger")

    def fired(self) -> list[list[str]]:
        return [entry["faults"] for entry in self.ledger()["journal"] if entry["faults"]]


def csv_of(*rows: str, header: str = "ClientId,Target,DateTime,Price,Currency") -> str:
    return "\n".join((header, *rows)) + "\n"


def wait_for_conversions(metrica: MetricaDriver, number: int) -> None:
    """Asks until that many were counted; for uploads under way on connections of their own."""
    for _ in range(3000):
        if metrica.ledger()["totals"]["conversions"] == number:
            return
    raise AssertionError(f"{number} conversions never arrived")


def error_type(answer: requests.Response) -> tuple[int, str]:
    body = answer.json()
    assert body["code"] == answer.status_code
    assert body["message"] == body["errors"][0]["message"]
    return answer.status_code, body["errors"][0]["error_type"]
