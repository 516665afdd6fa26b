"""The demo's world: its clock, its secrets, its three servers, and how to wait until all is quiet."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
import yaml
from nacl.public import PrivateKey

from leadloop.adapters.file_clock import set_file_clock
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.policy import ContactMode, Policy
from leadloop.policy.loader import load_policy, read_policy
from leadloop.ports.store import Store
from leadloop_host.demo.processes import Processes

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
    now: datetime
    metrica: str = ""
    amocrm: str = ""
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def clock_file(self) -> Path:
        """The clock that the host and the stand-ins read."""
        return self.folder / "clock"

    @property
    def in_story_time(self) -> bool:
        """Whether the demo moves the clock, or everybody lives in real time."""
        return "LEADLOOP_CLOCK_FILE" in self.environment

    @property
    def data_directory(self) -> Path:
        """Where the host keeps documents, messages and its lock."""
        return self.folder / "data"

    @property
    def port(self) -> str:
        """The host's port."""
        return self.host.rpartition(":")[2]

    @property
    def hook_secret(self) -> str:
        """The secret in the path of the CRM's webhook."""
        return self.environment["LEADLOOP_HOOK_SECRET"]

    def set_clock(self, instant: datetime) -> None:
        """Let it be that instant, in every process."""
        self.now = instant
        set_file_clock(self.clock_file, instant)

    def url_of(self, function: str) -> str:
        """Where a function is served."""
        return f"{self.host}/{function}"

    def open_store(self) -> Store:
        """The documents, for a report."""
        return SqliteStore(self.data_directory / "documents.db")

    def wait_until_quiet(self) -> None:
        """Return when the host has nothing due. Raises ``NotQuiet``."""
        began = time.monotonic()
        pause = 0.004
        state: dict[str, Any] = {}
        while time.monotonic() - began < QUIET_WITHIN:
            state = self.session.get(f"{self.host}/_host/state", timeout=30).json()
            if state["quiet"]:
                return
            time.sleep(pause)
            pause = min(pause * 1.5, 0.05)
        raise NotQuiet(f"the host is still busy after {QUIET_WITHIN:.0f} s: {json.dumps(state)[:800]}")

    def end(self) -> str:
        """Let all come to rest before the books are compared; what there is to say of it, if anything."""
        self.wait_until_quiet()
        return ""

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


def prepare(
    folder: Path, example: Path, port: int, begins: datetime | None, mode: ContactMode = ContactMode.KEEP
) -> World:
    """Make the demo's own copy of the example's policy, with fresh keys, and its environment.

    ``begins`` starts a clock file that the demo moves; without it everybody lives in real time.
    """
    key = PrivateKey.generate()
    policy = load_policy(example / "leadloop.yaml").model_dump(mode="json", exclude_defaults=True)
    policy["contacts"] = {"mode": mode.value, "public_key": base64.b64encode(bytes(key.public_key)).decode()}
    policy["crm"]["requests_per_second"] = 50
    policy["site"]["origins"] = [*policy["site"]["origins"], f"http://127.0.0.1:{port}"]
    text = yaml.safe_dump(policy, allow_unicode=True, sort_keys=False)
    policy_file = folder / "leadloop.yaml"
    policy_file.write_text(text, encoding="utf-8")
    now = begins or datetime.now(UTC)
    environment = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "LEADLOOP_HMAC_KEY": f"demo:{secrets.token_hex(32)}",
        "LEADLOOP_SEAL_PRIVATE_KEY": base64.b64encode(bytes(key)).decode(),
        "LEADLOOP_HOOK_SECRET": secrets.token_hex(16),
        "LEADLOOP_METRICA_TOKEN": COUNTER_TOKEN,
        "LEADLOOP_AMOCRM_TOKEN": CRM_TOKEN,
    }
    world = World(folder, policy_file, read_policy(text, policy_file.name), f"http://127.0.0.1:{port}", now)
    world.environment = environment
    if begins is not None:
        environment["LEADLOOP_CLOCK_FILE"] = str(world.clock_file)
        world.set_clock(begins)
    return world


def start(world: World, processes: Processes) -> None:
    """Start the stand-ins, point the host at them, start the host."""
    start_stand_ins(world, processes)
    vendors = ["--metrica", world.metrica, "--amocrm", world.amocrm]
    arguments = [*host_arguments(world), *vendors]
    processes.start_host("leadloop_host.demo.hosting", arguments, world.environment, world.host, world.data_directory)
    subscribe(world)


def start_stand_ins(world: World, processes: Processes) -> None:
    """Start both vendors with what they know from the beginning, and point the host's environment at them."""
    point_at(world, processes.start_stand_ins(stand_in_arguments(world), world.environment))


def stand_in_arguments(world: World) -> dict[str, list[str]]:
    """What the stand-in of each vendor is started with."""
    common = ["--clock-file", str(world.clock_file)] if world.in_story_time else []
    return {vendor: [*common, "--seed", _seed(world, vendor)] for vendor in ("metrica", "amocrm")}


def point_at(world: World, addresses: Mapping[str, str]) -> None:
    """Let the world and the host's environment know where the vendors are."""
    world.metrica, world.amocrm = addresses["metrica"], addresses["amocrm"]
    world.environment["LEADLOOP_ENDPOINT_METRICA"] = world.metrica
    world.environment["LEADLOOP_ENDPOINT_AMOCRM"] = world.amocrm


def host_arguments(world: World) -> list[str]:
    """Where the host finds its policy, its data and its port."""
    return ["--policy", str(world.policy_file), "--data", str(world.data_directory), "--port", world.port]


def subscribe(world: World) -> None:
    """Have the CRM tell the host of changes, as a person does once in its settings."""
    hook = f"{world.url_of('receive-crm-event')}/amocrm/{world.hook_secret}"
    settings = ["add_lead", "update_lead", "status_lead", "delete_lead", "add_contact", "update_contact"]
    answer = world.session.post(
        f"{world.amocrm}/api/v4/webhooks",
        json={"destination": hook, "settings": settings},
        headers={"Authorization": f"Bearer {CRM_TOKEN}"},
        timeout=10,
    )
    answer.raise_for_status()


def free_port() -> int:
    """A port nobody listens on, below those the system gives to connections: free again after a restart, too."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _seed(world: World, vendor: str) -> str:
    seed = (
        _metrica_seed(world.policy, world.in_story_time)
        if vendor == "metrica"
        else _amocrm_seed(world.policy, world.in_story_time)
    )
    path = world.folder / f"{vendor}.seed.json"
    path.write_text(json.dumps(seed, ensure_ascii=False), encoding="utf-8")
    return str(path)


def _metrica_seed(policy: Policy, in_story_time: bool) -> dict[str, Any]:
    return {
        "counters": [{"id": policy.site.counter}],
        "tokens": [{"token": COUNTER_TOKEN}],
        "goals": [{"target": policy.target_of(goal)} for goal in policy.goals],
        "settings": {"processing_minutes": 90.0 if in_story_time else 0.0},
    }


def _amocrm_seed(policy: Policy, in_story_time: bool) -> dict[str, Any]:
    pipelines = [
        {"id": int(number), "name": "Продажи", "is_main": True, "statuses": _statuses(stages)}
        for number, stages in policy.crm.pipelines.items()
    ]
    return {
        "account": [{"subdomain": policy.crm.account, "name": "ЖК «Сокол»"}],
        "pipelines": pipelines,
        "fields": [{"name": "leadloop", "code": policy.crm.fields.leadloop_id}],
        "tokens": [{"token": CRM_TOKEN}],
        "settings": {"requests_per_second": 0, "duplicate_control": True, "deliver_automatically": not in_story_time},
    }


def _statuses(stages: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"id": int(status), "name": stage} for status, stage in stages.items() if status not in ("142", "143")]
