"""The stand-in as a process of its own, on a real connection."""

import json
import subprocess
from pathlib import Path

import pytest
import requests

from unit.standins.amocrm.receiver import Receiver, receiving
from unit.standins.bitrix24.driver import APPLICATION_TOKEN, form
from unit.standins.started import environment, start_of, started


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
        with started("bitrix24", "--code", "abc", *options) as base_url:
            _prove(base_url, receiver)


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
        start_of("bitrix24", "--code", "abc", "--seed", str(seed)),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Row 1 of deals is not understood: colour" in ended.stderr
