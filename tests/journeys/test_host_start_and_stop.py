"""How a host starts, refuses to start, and stops."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from unit.host.host_driver import FUNCTIONS, WITHIN, HostDriver, Launch, hosts, wait_until
from unit.host.ledger import HOLD, is_held, order


@pytest.fixture
def a_host(tmp_path: Path) -> Iterator[Launch]:
    with hosts(tmp_path / "data") as make:
        yield make


def refusal(host: HostDriver) -> str:
    """What a host says that does not start; one message, no traceback, exit code 1."""
    assert host.launch().wait(WITHIN) == 1
    said = host.said()
    assert said.startswith("leadloop serve cannot start: ")
    assert "Traceback" not in said
    return said


def test_a_second_host_on_the_same_data_is_refused(a_host: Launch) -> None:
    first = a_host().start()
    second = a_host()
    said_before = len(first.said())
    assert second.launch().wait(WITHIN) == 1
    assert f"another host (pid {first.ports['pid']}, port {first.ports['port']})" in first.said()[said_before:]
    assert first.get("/healthz").status_code == 200


def test_a_port_in_use_is_refused(a_host: Launch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in refusal(
            a_host(None, "--port", str(port))
        )


def test_a_damaged_database_is_refused(a_host: Launch) -> None:
    host = a_host()
    host.data.mkdir()
    (host.data / "messages.db").write_bytes(b"not a database, but long enough to be read as one" * 100)
    assert "messages.db is damaged" in refusal(host)


def test_a_function_that_is_not_there_is_refused_by_name(a_host: Launch, tmp_path: Path) -> None:
    (tmp_path / "functions.yaml").write_text((FUNCTIONS / "functions.yaml").read_text())
    assert "the function take-lead cannot be loaded" in refusal(a_host(None, "--functions", str(tmp_path)))


def test_sigterm_lets_the_request_under_way_end(a_host: Launch) -> None:
    host = a_host().start()
    order(host.data, "note-lead", HOLD)
    host.publish("l1", "l2")
    wait_until(lambda: is_held(host.data, "note-lead"), "a delivery is under way")
    assert host.process is not None
    host.process.terminate()
    wait_until(lambda: not answers(host.url), "no new connection is accepted")
    order(host.data, "note-lead", 204)
    assert host.process.wait(WITHIN) == 0, host.said()
    assert len(host.entries("note-lead")) == 2
    assert host.logged("host_stopped")[0]["everything_ended"] is True
    assert "Traceback" not in host.said()


def test_a_stopped_host_can_be_started_again_at_once(a_host: Launch) -> None:
    host = a_host().start()
    host.publish("l1")
    host.settle()
    assert host.stop() == 0, host.said()
    host.start().publish("l2")
    host.settle()
    assert [entry["event"] for entry in host.entries("note-lead")] == ["event-l1", "event-l2"]


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=WITHIN).ok
    except requests.ConnectionError:
        return False
