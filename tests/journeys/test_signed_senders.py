"""The senders of examples/signed-webhooks, in Python and in bash, against the host of one machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.leads.lead import Lead
from leadloop.ports.store import Key
from support.policies import ORIGIN
from support.sayings import ROOT
from support.signed_desk import OLD_SECRET, SECRET, heard
from unit.host.host_driver import HostDriver, wait_until

EXAMPLES = ROOT / "examples" / "signed-webhooks"
SENDERS = {"python": [sys.executable, str(EXAMPLES / "send.py")], "bash": ["bash", str(EXAMPLES / "send.sh")]}
CLIENT_ID = "1788203411529304178"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[HostDriver]:
    policy = tmp_path / "leadloop.yaml"
    policy.write_text(yaml.safe_dump(heard().model_dump(mode="json", exclude_defaults=True), allow_unicode=True))
    options = ("--policy", str(policy), "--functions", str(ROOT / "functions"))
    secrets = {"LEADLOOP_SIGNED_SECRET": f"{SECRET},{OLD_SECRET}", "LEADLOOP_METRICA_TOKEN": "nobody's"}
    nowhere = {"LEADLOOP_ENDPOINT_METRICA": "http://127.0.0.1:9"}
    driver = HostDriver(tmp_path / "data", None, *options, **secrets, **nowhere)
    yield driver.start()
    driver.end()


def deal(**changed: object) -> dict[str, Any]:
    """The example, of today."""
    told = json.loads((EXAMPLES / "deal.json").read_text("utf-8"))
    now = datetime.now(UTC)
    at = {name: (now - timedelta(seconds=30)).isoformat() for name in ("created_at", "updated_at")}
    return {**told, **at, "history": [], "status": {**told["status"], "entered_at": now.isoformat()}, **changed}


@pytest.mark.parametrize("sender", SENDERS)
def test_a_sale_told_by_an_example_is_the_lead_s(sender: str, host: HostDriver, tmp_path: Path) -> None:
    def send(body: dict[str, Any], secret: str = SECRET) -> subprocess.CompletedProcess[str]:
        (tmp_path / "deal.json").write_text(json.dumps(body, ensure_ascii=False))
        command = [*SENDERS[sender], f"{host.url}/receive-crm-event/signed", str(tmp_path / "deal.json")]
        environment = {"PATH": os.environ["PATH"], "LEADLOOP_SIGNED_SECRET": secret}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    form = {"phone": "+7 999 000-00-03", "ym_client_id": CLIENT_ID}
    lead_id = host.post("/capture-lead", form, headers={"Origin": ORIGIN}).json()["lead_id"]
    told = send(deal())
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["ignored"] == []
    assert send(deal(), OLD_SECRET).returncode == 0

    def is_sold() -> bool:
        [document] = SqliteStore(host.data / "documents.db").get_many([Key("lead", lead_id)])
        state = Lead.of(document).state(heard()) if document is not None else None
        return state is not None and state.crm_ref == "signed-lead-D-000417" and "sold" in state.stages

    wait_until(is_sold, "the sale is the lead's")

    refused = send(deal(), f"whsec_{'A' * 43}=")
    assert refused.returncode != 0
    assert "webhook.unsigned" in refused.stdout + refused.stderr
    unclear = send(deal(status=None))
    assert unclear.returncode != 0
    assert "status: expected an object" in unclear.stdout + unclear.stderr
