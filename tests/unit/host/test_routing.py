"""Which application answers a path."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from leadloop.adapters.memory_log import MemoryLog
from leadloop_host.access import anyone, local_caller
from leadloop_host.access_log import AccessLog
from leadloop_host.routing import Route, Router, Running

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Echo:
    """Answers with its name and what it sees of the path."""

    def __init__(self, name: str, running: Running) -> None:
        self.name = name
        self.running = running

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        seen = Request(environ)
        return Response(f"{self.name} {seen.path} {self.running.of(self.name)}")(environ, start_response)


def broken(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    raise OSError("/take-lead/the-secret")


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def client(log: MemoryLog) -> Client:
    running = Running()
    functions = [
        Route("take-lead", anyone, Echo("take-lead", running)),
        Route("note-lead", local_caller, Echo("note-lead", running)),
        Route("break-down", anyone, broken),
    ]
    pages = [Route("/", anyone, Echo("index", running)), Route("/_host/state", anyone, Echo("state", running))]
    return Client(AccessLog(Router(functions, pages, running), {"take-lead", "note-lead", "break-down"}, "main", log))


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/", "index / 0"),
        ("/_host/state", "state /_host/state 0"),
        ("/take-lead", "take-lead / 1"),
        ("/take-lead/a/b", "take-lead /a/b 1"),
    ],
)
def test_a_path_finds_its_function_or_page_and_calls_are_counted(client: Client, path: str, answer: str) -> None:
    assert client.get(path).text == answer


def test_a_caller_that_is_not_admitted_is_answered_in_json(client: Client) -> None:
    answer = client.post("/note-lead", environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert (answer.status_code, answer.get_json()["error"]) == (403, "access.not_local")


def test_what_breaks_in_the_host_is_a_500_that_tells_no_path(client: Client, log: MemoryLog) -> None:
    answer = client.get("/break-down/the-secret")
    assert (answer.status_code, answer.get_json()["error"]) == (500, "host.failed")
    [entry] = log.entries
    assert entry.details["fault"] == "OSError"
    assert "the-secret" not in answer.text + str(entry)
