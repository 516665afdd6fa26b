"""The stand-in as a process of its own."""

import json
from pathlib import Path

import pytest
import requests

from leadloop_standins.comagic.__main__ import build, parser
from leadloop_standins.command import main
from unit.standins.amocrm.receiver import Receiver
from unit.standins.started import started

DAY = {"date_from": "2026-11-22 00:00:00", "date_till": "2026-11-23 00:00:00"}


def test_it_serves_sends_notifications_by_itself_and_ends_cleanly(tmp_path: Path, receiver: Receiver) -> None:
    clock_file, seed = tmp_path / "clock", tmp_path / "seed.json"
    clock_file.write_text("2026-11-22T07:00:00Z")
    seed.write_text(json.dumps({"notifications": [{"event": "call_started", "url": receiver.url}]}))
    options = ("--clock-file", str(clock_file), "--seed", str(seed), "--time-zone", "Asia/Novosibirsk")
    with started("comagic", "--token", "key", *options) as base_url:
        with requests.Session() as session:
            called = {"action": "call", "phone": "79990000002", "number": "74950000002", "wait_seconds": 0}
            session.post(f"{base_url}/_stand_in/actions", json=called, timeout=20)
            assert receiver.arrived.acquire(timeout=20)
            params = {"access_token": "key", **DAY}
            document = {"jsonrpc": "2.0", "id": 1, "method": "get.calls_report", "params": params}
            [row] = session.post(f"{base_url}/v2.0", json=document, timeout=20).json()["result"]["data"]
        assert json.loads(receiver.bodies[0])["call_session_id"] == row["id"]
        assert row["start_time"] == "2026-11-22 14:00:00"


def test_it_does_not_start_on_a_seed_it_does_not_understand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"notifications": [{"event": "sunset", "url": "http://127.0.0.1/"}]}))
    assert main(parser(), build, ["--seed", str(seed)]) == 2
    told = capsys.readouterr()
    assert (told.out, "Row 1 of notifications is not understood: event" in told.err) == ("", True)
