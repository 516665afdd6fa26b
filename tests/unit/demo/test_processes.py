"""A process of the demo is up when it answers itself; that somebody answers at its port says nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from leadloop_host.demo import world as worlds
from leadloop_host.demo.processes import HOST, DidNotStart, Processes
from leadloop_host.directory_lock import holder
from support.stories import EXAMPLE


class Healthy(BaseHTTPRequestHandler):
    """Another host, as far as anybody who asks for its health can see."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which another host is up."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Healthy) as stranger:
        thread = threading.Thread(target=stranger.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield stranger.server_port
        stranger.shutdown()
        thread.join()


def start_host(world: worlds.World, processes: Processes) -> None:
    worlds.point_at(world, {"metrica": "http://127.0.0.1:9", "amocrm": "http://127.0.0.1:9"})
    arguments = ["serve", *worlds.host_arguments(world)]
    processes.start_host("leadloop.cli", arguments, world.environment, world.host, world.data_directory)


def test_a_host_whose_port_is_taken_by_another_is_not_up(tmp_path: Path, taken: int) -> None:
    world = worlds.prepare(tmp_path, EXAMPLE, taken, None)
    with Processes(tmp_path) as processes, pytest.raises(DidNotStart) as refused:
        start_host(world, processes)
    told = str(refused.value)
    assert told.startswith("host did not start: ")
    assert f"cannot listen on 127.0.0.1:{taken}: Address already in use" in told
    assert "; stop what uses it, or choose another port: --port, --public-port, `make serve PORT=8081`" in told
    at = f"http://127.0.0.1:{taken}/healthz"
    assert told.endswith(f"expected its own answer 200 at {at}, found that the process ended with exit code 1")


def test_what_another_host_of_the_directory_announced_is_not_taken_for_its_word(tmp_path: Path, taken: int) -> None:
    world = worlds.prepare(tmp_path, EXAMPLE, taken, None)
    world.data_directory.mkdir()
    (world.data_directory / "host.lock").write_text('{"pid": 1, "port": 8080}')
    with Processes(tmp_path) as processes, pytest.raises(DidNotStart, match="Address already in use"):
        start_host(world, processes)


def test_a_host_that_answers_itself_is_up(tmp_path: Path) -> None:
    world = worlds.prepare(tmp_path, EXAMPLE, worlds.free_port(), None)
    with Processes(tmp_path) as processes:
        start_host(world, processes)
        assert holder(world.data_directory) == processes.pid_of(HOST)
        assert world.session.get(f"{world.host}/healthz", timeout=120).json()["status"] == "ok"
        assert processes.stop(HOST) == 0
    assert holder(world.data_directory) is None
