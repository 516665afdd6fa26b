"""The stand-in as a process of its own, on a real connection."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

import leadloop_standins
from unit.standins.amocrm.receiver import Receiver, receiving
from unit.standins.bitrix24.driver import APPLICATION_TOKEN, form

PACKAGES = str(Path(leadloop_standins.__file__).parents[1])
START = (sys.executable, "-m", "leadloop_standins.bitrix24", "--port", "0", "--code", "abc")


def order_and_add(base_url: str, fault: str, **params: object) -> None:
    """Adds a deal whose answer breaks off."""
    requests.post(f"{base_url}/_stand_in/faults", json={"fault": fault, **params}, timeout=20)
    with pytest.raises(requests.RequestException):
        requests.post(f"{base_url}/rest/1/abc/crm.deal.add", json={"fields": {"TITLE": fault}}, timeout=20).json()


def test_it_serves_posts_events_by_itself_breaks_off_and_ends_cleanly(tmp_path: Path, clock_file: Path) -> None:
    with receiving() as receiver:
        seed = tmp_path / "seed.json"
        hook = {"destination": receiver.url, "events": ["ONCRMDEALADD"], "application_token": APPLICATION_TOKEN}
        seed.write_text(json.dumps({"webhooks": [hook]}))
        options = ("--clock-file", str(clock_file), "--seed", str(seed), "--domain", "sokol.bitrix24.ru")
        with subprocess.Popen(
            [*START, *options],
            env={**os.environ, "PYTHONPATH": PACKAGES},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as started:
            try:
                assert started.stdout is not None
                base_url = json.loads(started.stdout.readline())["listening"]
                _prove(base_url, receiver)
                started.send_signal(signal.SIGTERM)
                rest, complaints = started.communicate(timeout=20)
            finally:
                if started.poll() is None:
                    started.kill()
    assert (started.returncode, rest, complaints) == (0, "", "")


def _prove(base_url: str, receiver: Receiver) -> None:
    added = requests.post(f"{base_url}/rest/1/abc/crm.deal.add.json", json={"fields": {"TITLE": "Анна"}}, timeout=20)
    assert added.json()["result"] == 1
    assert receiver.arrived.acquire(timeout=20)
    assert form(receiver.bodies[0])["auth[domain]"] == "sokol.bitrix24.ru"
    order_and_add(base_url, "accept_then_drop")
    order_and_add(base_url, "truncate", keep=20)
    order_and_add(base_url, "drop_before")
    ledger = requests.get(f"{base_url}/_stand_in/ledger", timeout=20).json()
    assert [one["name"] for one in ledger["deals"]] == ["Анна", "accept_then_drop", "truncate"]


def test_it_does_not_start_on_a_seed_it_does_not_understand(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"deals": [{"fields": {"TITLE": "Анна"}, "colour": "red"}]}))
    ended = subprocess.run(
        [*START, "--seed", str(seed)],
        env={**os.environ, "PYTHONPATH": PACKAGES},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Row 1 of deals is not understood: colour" in ended.stderr
