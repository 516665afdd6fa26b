"""What Cloud Run reads, and what must never stand there."""

from __future__ import annotations

import io
import json
from typing import Any, cast

import pytest

from contract.together import together
from leadloop.adapters.json_log import REMOVED, JsonLog, trace
from leadloop.adapters.memory_log import Entry, MemoryLog
from leadloop.json_types import Json
from leadloop.ports.log import Log
from support.settable_clock import SettableClock


class CountingStream(io.StringIO):
    """Counts the writes that reach it."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0

    def write(self, text: str) -> int:
        self.writes += 1
        return super().write(text)


def logged(**details: Json) -> dict[str, Any]:
    stream = io.StringIO()
    JsonLog(SettableClock(), stream).info("lead_registered", **details)
    return cast("dict[str, Any]", json.loads(stream.getvalue()))


def test_an_entry_is_one_line_with_the_keys_google_reads(capsys: pytest.CaptureFixture[str]) -> None:
    log: Log = JsonLog(SettableClock())
    log.info("lead_registered", lead_id="anna", form="Заявка\nв две строки")
    log.warning("delivery_held", count=2)
    log.error("store_damaged", what_to_do="restore the latest backup")
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line) for line in lines] == [
        {
            "severity": "INFO",
            "message": "lead_registered",
            "time": "2026-09-01T09:00:00.000000Z",
            "lead_id": "anna",
            "form": "Заявка\nв две строки",
        },
        {"severity": "WARNING", "message": "delivery_held", "time": "2026-09-01T09:00:00.000000Z", "count": 2},
        {
            "severity": "ERROR",
            "message": "store_damaged",
            "time": "2026-09-01T09:00:00.000000Z",
            "what_to_do": "restore the latest backup",
        },
    ]


def test_the_trace_of_the_request_at_hand_groups_its_lines() -> None:
    assert "logging.googleapis.com/trace" not in logged()
    token = trace.set("projects/p/traces/4bf9")
    try:
        assert logged()["logging.googleapis.com/trace"] == "projects/p/traces/4bf9"
    finally:
        trace.reset(token)


def test_a_detail_cannot_take_the_place_of_googles_keys() -> None:
    entry = logged(**{"severity": "DEBUG", "message": "other", "time": "never"})
    assert (entry["severity"], entry["message"]) == ("INFO", "lead_registered")
    assert (entry["severity_"], entry["message_"], entry["time_"]) == ("DEBUG", "other", "never")


@pytest.mark.parametrize(
    "key",
    [
        "phone",
        "Email",
        "name",
        "first_name",
        "contact",
        "comment",
        "token",
        "Authorization",
        "secret",
        "api-key",
        "access_token",
        "client_secret",
        "owner_phone",
        "X-Api-Key",
    ],
)
def test_a_key_that_promises_something_personal_or_secret_loses_its_value(key: str) -> None:
    canary = "canary"
    details: dict[str, Json] = {key: canary, "inner": [{key: {"deep": [canary]}}]}
    entry = logged(**details)
    assert entry[key] == REMOVED
    assert canary not in json.dumps(entry)


def test_keys_that_only_sound_alike_keep_theirs() -> None:
    kept: dict[str, Json] = {"upload_token": "abc", "function_name": "sync-crm", "file_name": "a", "tokens": 3}
    entry = logged(**kept)
    assert kept.items() <= entry.items()


@pytest.mark.parametrize("address", ["https://crm.example/x?key=canary", "HTTP://h/?canary", "ftp://u:canary@h/p?q=1"])
def test_an_address_with_a_query_is_removed_wherever_it_stands(address: str) -> None:
    entry = logged(text=f"GET {address} failed", list=[address], plain="https://crm.example/x and why?")
    assert "canary" not in json.dumps(entry)
    assert entry["text"] == f"GET {REMOVED} failed"
    assert entry["plain"] == "https://crm.example/x and why?"


def test_what_is_not_json_is_logged_as_its_type() -> None:
    entry = logged(
        bad=cast("Json", {"body": b"canary", "ratio": float("nan"), "pair": (1, "x")}),
        ok=[None, True, 1, 0.5],
    )
    assert entry["bad"] == {"body": "<bytes>", "ratio": "nan", "pair": [1, "x"]}
    assert entry["ok"] == [None, True, 1, 0.5]


def test_each_entry_is_one_write_also_between_threads() -> None:
    stream = CountingStream()
    log = JsonLog(SettableClock(), stream)

    def write(worker: int) -> None:
        for number in range(25):
            log.info("tick", worker=worker, number=number)

    together(8, write)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert stream.writes == len(lines) == 200
    assert {(line["worker"], line["number"]) for line in lines} == {(w, n) for w in range(8) for n in range(25)}


def test_a_log_that_cannot_be_written_fails_nobodys_work() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    closed = io.StringIO()
    closed.close()
    for stream in (Full(), closed):
        JsonLog(SettableClock(), stream).error("store_damaged")


def test_a_clock_that_fails_does_not_silence_the_log() -> None:
    class Broken:
        def now(self) -> Any:  # noqa: ANN401
            raise ValueError("no instant")

    stream = io.StringIO()
    JsonLog(Broken(), stream).error("clock_unreadable")
    assert json.loads(stream.getvalue()) == {"severity": "ERROR", "message": "clock_unreadable"}


def test_a_memory_log_hides_nothing_from_the_test_that_reads_it() -> None:
    log = MemoryLog()
    log.info("lead_registered", phone="canary")
    log.error("store_damaged")
    assert log.entries[0] == Entry("INFO", "lead_registered", {"phone": "canary"})
    assert log.events() == ["lead_registered", "store_damaged"]
    assert log.events("ERROR") == ["store_damaged"]
