"""A function loads the clients that its calls use while it starts, and no other; each in an interpreter of its own."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from support import package_probe
from support.firestore_server import firestore_server
from support.knocks import SETTINGS, knock_of
from support.packages import FUNCTIONS, unpack
from support.publisher_server import publisher_server
from support.sayings import ROOT

CLIENTS = {
    "Firestore": "google.cloud.firestore_v1",
    "Pub/Sub": "google.pubsub_v1",
    "HTTP": "leadloop.adapters.requests_http",
    "sealing": "nacl",
    "phones": "phonenumbers",
    "YAML": "yaml",
    "one machine": "sqlite3",
}

USED = {
    "capture-lead": {"Pub/Sub"},
    "capture-visit": {"Pub/Sub"},
    "receive-crm-event": {"Pub/Sub"},
    "receive-verdict": {"Pub/Sub"},
    "register-lead": {"Firestore", "Pub/Sub"},
    "record-visit": {"Firestore"},
    "record-verdict": {"Firestore"},
    "deliver-lead": {"Firestore", "HTTP"},
    "read-crm": {"Firestore", "HTTP"},
    "sync-crm": {"Firestore", "HTTP"},
    "upload-conversions": {"Firestore", "HTTP"},
    "check-uploads": {"Firestore", "HTTP"},
    "drain-spool": {"Firestore"},
    "expire-contacts": {"Firestore"},
    "keep-dead-letter": {"Firestore"},
}
"""What each function uses for the call of ``knocks`` on an empty store."""

NOBODY = "127.0.0.1:9"


class Found(NamedTuple):
    leadloop: str
    imported: list[str]
    called: list[str]
    status: int
    answer: str

    def clients(self, modules: list[str]) -> set[str]:
        return {name for name, module in CLIENTS.items() if module in modules}


@pytest.fixture(scope="module")
def cloud() -> Iterator[dict[str, str]]:
    """The environment of a function on Google Cloud: an empty Firestore and a Pub/Sub that takes everything."""
    with publisher_server("id-1") as publisher, firestore_server() as firestore:
        yield {
            **SETTINGS,
            "PATH": os.environ["PATH"],
            "LEADLOOP_PROJECT": "demo-sokol",
            "PUBSUB_EMULATOR_HOST": publisher.address,
            "FIRESTORE_EMULATOR_HOST": firestore.address,
            "LEADLOOP_ENDPOINT_AMOCRM": f"http://{NOBODY}",
            "LEADLOOP_ENDPOINT_METRICA": f"http://{NOBODY}",
        }


def probe(function: str, folder: Path, environment: dict[str, str]) -> Found:
    """Import the function from its package and call it once."""
    knock = knock_of(function)
    told = {
        **{"folder": str(unpack(function, folder)), "entry_point": function.replace("-", "_")},
        **{"path": knock.path, "content_type": knock.content_type, "headers": dict(knock.headers)},
        "body": base64.b64encode(knock.body).decode(),
    }
    run = subprocess.run(
        [sys.executable, "-I", str(package_probe.__file__)],
        input=json.dumps(told),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return Found(**json.loads(run.stdout.splitlines()[-1]))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_loads_the_clients_it_uses_while_it_starts_and_no_other(
    function: str, tmp_path: Path, cloud: dict[str, str]
) -> None:
    found = probe(function, tmp_path, cloud)
    assert found.leadloop.startswith(str(tmp_path))
    assert found.clients(found.imported) == USED[function]
    assert found.status == knock_of(function).status, found.answer
    assert found.clients(found.called) == USED[function]


@pytest.mark.parametrize("function", ["capture-lead", "register-lead", "upload-conversions"])
def test_on_one_machine_it_loads_no_client_of_the_cloud(function: str, tmp_path: Path) -> None:
    found = probe(function, tmp_path, {**SETTINGS, "PATH": os.environ["PATH"], "LEADLOOP_DATA": str(tmp_path)})
    assert found.clients(found.imported) == set()
    assert not {"grpc", "google.auth", "requests"} & set(found.imported)


def test_leadloop_itself_imports_no_client_at_its_top() -> None:
    """Every module but the command line and the adapters; YAML only by the two modules that read it."""
    shared = ROOT / "shared"
    modules = sorted(
        ".".join(path.relative_to(shared).with_suffix("").parts).removesuffix(".__init__")
        for path in (shared / "leadloop").rglob("*.py")
        if not {"cli", "adapters"} & set(path.parts) and not path.stem.startswith("yaml_")
    )
    assert len(modules) > 60
    run = subprocess.run(
        [sys.executable, "-c", _IMPORT_ALL, *modules], env={}, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(run.stdout))
    assert (
        not {*CLIENTS.values(), "google.auth", "google.api_core", "grpc", "requests", "flask", "functions_framework"}
        & loaded
    )


_IMPORT_ALL = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps([*sys.modules]))
"""
