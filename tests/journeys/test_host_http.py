"""The one-machine host over real HTTP: paths, ports, who may call, what is logged."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from unit.host.host_driver import HOOK_SECRET, WITHIN, HostDriver, wait_until


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostDriver]:
    """One host for the tests that leave nothing behind."""
    driver = HostDriver(tmp_path_factory.mktemp("http") / "data", None, "--public-port", "0")
    yield driver.start()
    driver.end()


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/take-lead", "/"),
        ("/take-lead/", "/"),
        ("/take-lead?page=1", "/"),
        (f"/take-lead/amocrm/{HOOK_SECRET}", f"/amocrm/{HOOK_SECRET}"),
        ("/take-lead/a/b/", "/a/b/"),
        ("/take-lead/a//b", "/a//b"),
        ("//take-lead//a", "/a"),
        ("/take-lead/robots.txt", "/robots.txt"),
        ("/take-lead/favicon.ico", "/favicon.ico"),
    ],
)
def test_a_function_sees_the_path_after_its_name_and_nobody_is_redirected(
    host: HostDriver, path: str, seen: str
) -> None:
    for answer in (host.get(path), host.post(path, {})):
        assert answer.status_code == 200
        assert (answer.json()["title"], answer.json()["path"]) == ("take-lead", seen)


@pytest.mark.parametrize("path", ["/robots.txt", "/favicon.ico", "/take_lead", "/nothing/here", "/_host/nothing"])
def test_what_is_no_function_is_not_found_in_json(host: HostDriver, path: str) -> None:
    answer = host.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"] == "path.unknown"


def test_the_public_port_serves_public_functions_only(host: HostDriver) -> None:
    public = f"http://127.0.0.1:{host.ports['public_port']}"
    assert requests.post(f"{public}/take-lead/x", json={}, timeout=WITHIN).json()["path"] == "/x"
    for path in ("/note-lead", "/run-round", "/keep-dead/x"):
        answer = requests.post(public + path, json={}, timeout=WITHIN)
        assert (answer.status_code, answer.json()["error"]) == (403, "access.public_only")
    for path in ("/", "/healthz", "/_host/state"):
        assert requests.get(public + path, timeout=WITHIN).status_code == 404
    assert host.entries("run-round") == []


def test_a_page_of_another_site_cannot_run_a_schedule(host: HostDriver) -> None:
    answer = host.post("/run-round", headers={"Origin": "https://shop.example"})
    assert (answer.status_code, answer.json()["error"]) == (403, "access.cross_site")
    assert host.post("/take-lead", {}, headers={"Origin": "https://shop.example"}).status_code == 200
    assert host.entries("run-round") == []


def test_a_large_body_reaches_the_function_and_an_enormous_one_does_not(host: HostDriver) -> None:
    assert host.post("/take-lead", data=b"x" * 2_000_000).json()["size"] == 2_000_000
    with socket.create_connection(("127.0.0.1", host.ports["port"])) as connection:
        connection.sendall(b"POST /take-lead HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10485762\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_health_and_index_tell_what_is_served(host: HostDriver) -> None:
    assert host.get("/healthz").json() == {"status": "ok", "functions": 5}
    page = host.get("/")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert all(name in page.text for name in ("take-lead", "messages on leads", "schedule", "keep-dead"))
    assert host.get("/_host/").text.startswith("<!doctype html>")


def test_the_log_has_a_line_for_each_request_and_no_secret(host: HostDriver) -> None:
    host.post(f"/take-lead/amocrm/{HOOK_SECRET}?phone=79990000001", {})
    host.post(f"/tak-lead/{HOOK_SECRET}", {})
    assert host.post("/take-lead/crash", {}).status_code == 500
    lines = host.logged("request_answered")
    assert {"method": "POST", "path": "/take-lead/…", "status": 200, "listener": "main"}.items() <= lines[-3].items()
    assert (lines[-2]["path"], lines[-2]["status"]) == ("/…", 404)
    assert (lines[-1]["path"], lines[-1]["status"]) == ("/take-lead/…", 500)
    [crash] = host.logged("function_crashed")
    assert crash["exception"] == "RuntimeError"
    everything = str(host.logged()) + host.said()
    assert not any(secret in everything for secret in (HOOK_SECRET, "79990000001", "Anna"))


def test_it_says_where_it_listens_and_where_personal_data_may_go(host: HostDriver) -> None:
    said = host.said()
    assert f"http://127.0.0.1:{host.ports['port']}/" in said
    assert f"http://127.0.0.1:{host.ports['public_port']}/" in said
    assert "contacts: hash" in said
    assert "/run-round  schedule 0 * * * * (UTC)" in said


def test_a_schedule_run_by_hand_looks_like_the_schedulers_run(tmp_path: Path) -> None:
    host = HostDriver(tmp_path / "data")
    try:
        host.start()
        assert host.post("/run-round").status_code == 204
        begun = host.entries("run-round")[0]
        headers = {name.lower(): value for name, value in begun["headers"].items()}
        assert headers.keys() == {
            "user-agent",
            "x-cloudscheduler",
            "x-cloudscheduler-jobname",
            "x-cloudscheduler-scheduletime",
        }
        assert headers["user-agent"] == "Google-Cloud-Scheduler"
        assert headers["x-cloudscheduler-jobname"] == "run-round"
        assert begun["title"] == "run-round"
        wait_until(lambda: len(host.entries("run-round")) == 2, "the run has ended")
    finally:
        host.end()


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_a_link_looked_at_triggers_nothing(host: HostDriver, method: str) -> None:
    answer = requests.request(method, f"http://127.0.0.1:{host.ports['port']}/run-round", timeout=WITHIN)
    assert answer.status_code == 405
    assert host.entries("run-round") == []
