"""Each package alone: unpacked, in an environment of its own requirements only, served as Cloud Run serves it.

What it calls is real too: functions-framework under gunicorn over HTTP, Google's Firestore and Pub/Sub emulators.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import pytest

from support.clean_environments import CleanEnvironments
from support.emulators import firestore_emulator, new_project, pubsub_emulator
from support.knocks import MANIFEST, SETTINGS, Knock, knock_of
from support.packages import FUNCTIONS, unpack

LEAVES = {
    "capture-lead": {"topic submissions"},
    "capture-visit": {"topic visits"},
    "receive-crm-event": {"topic crm-hints"},
    "receive-verdict": set(),  # its package names no service whose verdicts are taken
    "register-lead": {"lead", "daily_total", "outcome", "topic leads"},
    "record-visit": {"visit"},
    "record-verdict": {"verdict", "outcome"},
    "deliver-lead": set(),  # the lead it is told of is unknown
    "read-crm": {"dirty_mark", "outcome", "lease"},
    "sync-crm": {"lease"},
    "upload-conversions": {"lease"},
    "check-uploads": {"lease"},
    "drain-spool": {"lease"},
    "expire-contacts": {"lease"},
    "keep-dead-letter": {"dead_letter"},
}
"""What the call of ``knocks`` leaves in an empty project: messages on topics, documents in collections."""

NOBODY = "http://127.0.0.1:9"
READY_WITHIN = 240.0


class Answer(NamedTuple):
    status: int
    body: bytes


class Cloud(NamedTuple):
    """A project on the emulators, with the manifest's topics."""

    project: str
    firestore: str
    pubsub: str

    def settings(self) -> dict[str, str]:
        return {
            "LEADLOOP_PROJECT": self.project,
            "FIRESTORE_EMULATOR_HOST": self.firestore,
            "PUBSUB_EMULATOR_HOST": self.pubsub,
            "LEADLOOP_ENDPOINT_AMOCRM": NOBODY,
            "LEADLOOP_ENDPOINT_METRICA": NOBODY,
            **SETTINGS,
        }

    def create(self, topic: str) -> None:
        topics = f"http://{self.pubsub}/v1/projects/{self.project}"
        _told("PUT", f"{topics}/topics/{topic}", {})
        _told("PUT", f"{topics}/subscriptions/{topic}", {"topic": f"projects/{self.project}/topics/{topic}"})

    def holds(self) -> set[str]:
        """The topics a message waits on, and the collections that have documents."""
        subscriptions = f"http://{self.pubsub}/v1/projects/{self.project}/subscriptions"
        at_once = {"maxMessages": 1, "returnImmediately": True}
        waiting = {topic for topic in MANIFEST.topics if _told("POST", f"{subscriptions}/{topic}:pull", at_once)}
        documents = f"http://{self.firestore}/v1/projects/{self.project}/databases/(default)/documents"
        listed = _told("POST", f"{documents}:listCollectionIds", {}).get("collectionIds", [])
        return {f"topic {topic}" for topic in waiting} | {str(name) for name in listed}


def _told(method: str, url: str, body: Mapping[str, object]) -> dict[str, list[object]]:
    headers = {"Content-Type": "application/json", "Authorization": "Bearer owner"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request) as answer:
        found: dict[str, list[object]] = json.load(answer)
    return found


@pytest.fixture
def cloud() -> Cloud:
    cloud = Cloud(new_project(), firestore_emulator(), pubsub_emulator())
    for topic in MANIFEST.topics:
        cloud.create(topic)
    return cloud


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> CleanEnvironments:
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # what the workers of a run share
    return CleanEnvironments(folder / "environments")


@contextmanager
def served(function: str, folder: Path, python: Path, settings: dict[str, str]) -> Iterator[int]:
    """The function behind functions-framework on a port of 127.0.0.1, from its unpacked package."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = ["--target", function.replace("-", "_"), "--source", "main.py", "--host", "127.0.0.1"]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [str(python), "-P", "-m", "functions_framework", *command, "--port", str(port)],
            cwd=folder,
            env={"PATH": str(python.parent), "THREADS": "2", **settings},
            stdout=log,
            stderr=log,
        )
        try:
            yield port
        finally:
            server.terminate()
            server.wait(240)


def ask(port: int, knock: Knock, server_log: Path) -> Answer:
    """The answer, once there is a server to give it."""
    deadline = time.monotonic() + READY_WITHIN
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=240)
        try:
            connection.connect()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, server_log.read_text()
            time.sleep(0.05)
            continue
        headers = {"Content-Type": knock.content_type, **knock.headers}
        connection.request("POST", knock.path, knock.body, headers)
        answer = connection.getresponse()
        found = Answer(answer.status, answer.read())
        connection.close()
        return found


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_unpacked_package_answers_from_a_clean_environment(
    function: str, tmp_path: Path, environments: CleanEnvironments, cloud: Cloud
) -> None:
    folder = unpack(function, tmp_path)
    python = environments.python_of(folder / "requirements.txt")
    with served(function, folder, python, cloud.settings()) as port:
        answer = ask(port, knock_of(function), folder / "server.log")
    log = (folder / "server.log").read_text()
    assert answer.status == knock_of(function).status, (answer.body, log)
    assert "Traceback" not in log
    assert cloud.holds() == LEAVES[function]
