"""The demo's world: its clock, its secrets, its three servers, and how to wait until all is quiet."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import requests
import yaml
from leadloop.adapters.file_clock import set_file_clock
from leadloop.policy import Policy
from leadloop.policy.loader import read_policy
from nacl.public import PrivateKey

from leadloop_host.demo.processes import Processes
from leadloop_host.demo.story import Story

QUIET_WITHIN = 60.0
COUNTER_TOKEN = "demo-metrica-token"  # noqa: S105 - opens nothing but the stand-in on this machine
CRM_TOKEN = "demo-amocrm-token"  # noqa: S105 - opens nothing but the stand-in on this machine


class NotQuiet(Exception):
    """The host is still at work long after it should have come to rest."""


@dataclass
class World:
    """Where everything is. ``session`` keeps connections open between the demo's own calls."""

    folder: Path
    policy_file: Path
    policy: Policy
    host: str
    metrica: str = ""
    amocrm: str = ""
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def clock_file(self) -> Path:
        """The clock that the host and the stand-ins read."""
        return self.folder / "clock"

    @property
    def hook_secret(self) -> str:
        """The secret in the path of the CRM's webhook."""
        return self.environment["LEADLOOP_HOOK_SECRET"]

    environment: dict[str, str] = field(default_factory=dict, repr=False)

    def set_clock(self, instant: datetime) -> None:
        """Let it be that instant, in every process."""
        set_file_clock(self.clock_file, instant)

    def wait_until_quiet(self) -> None:
        """Return when the host has nothing due. Raises ``NotQuiet``."""
        began = time.monotonic()
        state: dict[str, Any] = {}
        while time.monotonic() - began < QUIET_WITHIN:
            state = self.session.get(f"{self.host}/_host/state", timeout=10).json()
            if is_quiet(state):
                return
            time.sleep(0.004)
        raise NotQuiet(f"the host is still busy after {QUIET_WITHIN:.0f} s: {json.dumps(state)[:800]}")

    def order(self, stand_in: str, path: str, body: object) -> Any:  # noqa: ANN401 - whatever the stand-in answers
        """Give an order to a stand-in."""
        answer = self.session.post(f"{stand_in}/_stand_in/{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def ledger(self, stand_in: str) -> dict[str, Any]:
        """What a stand-in counted."""
        answer = self.session.get(f"{stand_in}/_stand_in/ledger", timeout=30)
        answer.raise_for_status()
        ledger: dict[str, Any] = answer.json()
        return ledger


def is_quiet(state: dict[str, Any]) -> bool:
    """Whether the host has nothing due: no message, no run, no schedule."""
    if state["due_now"] or state["leased"] or state["running"]:
        return False
    return all(schedule["next"] > state["clock"] for schedule in state["schedules"])


def prepare(folder: Path, example: Path, story: Story, port: int) -> World:
    """Make the demo's own copy of the example's policy, with fresh keys, and its environment."""
    folder.mkdir(parents=True, exist_ok=True)
    key = PrivateKey.generate()
    policy = yaml.safe_load((example / "leadloop.yaml").read_text(encoding="utf-8").replace("\n    on:", "\n    'on':"))
    policy["contacts"] = {"mode": "keep", "public_key": base64.b64encode(bytes(key.public_key)).decode()}
    policy["crm"]["requests_per_second"] = 50
    policy["site"]["origins"] = [*policy["site"]["origins"], f"http://127.0.0.1:{port}"]
    text = yaml.safe_dump(policy, allow_unicode=True, sort_keys=False)
    policy_file = folder / "leadloop.yaml"
    policy_file.write_text(text, encoding="utf-8")
    environment = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "LEADLOOP_CLOCK_FILE": str(folder / "clock"),
        "LEADLOOP_HMAC_KEY": f"demo:{secrets.token_hex(32)}",
        "LEADLOOP_SEAL_PRIVATE_KEY": base64.b64encode(bytes(key)).decode(),
        "LEADLOOP_HOOK_SECRET": secrets.token_hex(16),
        "LEADLOOP_METRICA_TOKEN": COUNTER_TOKEN,
        "LEADLOOP_AMOCRM_TOKEN": CRM_TOKEN,
    }
    world = World(folder, policy_file, read_policy(text, policy_file.name), f"http://127.0.0.1:{port}")
    world.environment = environment
    world.set_clock(story.instant(story.ends._replace(day=1, hour=0, minute=0)))
    return world


def start(world: World, processes: Processes, port: int, functions: Path, extra: list[str]) -> None:
    """Start the stand-ins, point the host at them, start the host."""
    common = ["--clock-file", str(world.clock_file)]
    world.metrica = processes.start_stand_in("metrica", [*common, "--seed", _seed(world, "metrica")], world.environment)
    world.amocrm = processes.start_stand_in("amocrm", [*common, "--seed", _seed(world, "amocrm")], world.environment)
    world.environment["LEADLOOP_ENDPOINT_METRICA"] = world.metrica
    world.environment["LEADLOOP_ENDPOINT_AMOCRM"] = world.amocrm
    arguments = ["--policy", str(world.policy_file), "--data", str(world.folder / "data"), "--port", str(port)]
    processes.start_host([*arguments, "--functions", str(functions), *extra], world.environment, world.host)
    hook = f"{world.host}/receive-crm-event/amocrm/{world.hook_secret}"
    settings = ["add_lead", "update_lead", "status_lead", "delete_lead", "add_contact", "update_contact"]
    answer = world.session.post(
        f"{world.amocrm}/api/v4/webhooks",
        json={"destination": hook, "settings": settings},
        headers={"Authorization": f"Bearer {CRM_TOKEN}"},
        timeout=10,
    )
    answer.raise_for_status()


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _seed(world: World, vendor: str) -> str:
    seed = _metrica_seed(world.policy) if vendor == "metrica" else _amocrm_seed(world.policy)
    path = world.folder / f"{vendor}.seed.json"
    path.write_text(json.dumps(seed, ensure_ascii=False), encoding="utf-8")
    return str(path)


def _metrica_seed(policy: Policy) -> dict[str, Any]:
    return {
        "counters": [{"id": policy.site.counter}],
        "tokens": [{"token": COUNTER_TOKEN}],
        "goals": [{"target": policy.target_of(goal)} for goal in policy.goals],
        "settings": {"processing_minutes": 90.0},
    }


def _amocrm_seed(policy: Policy) -> dict[str, Any]:
    return {}  # written when the stand-in's seed parts are known
