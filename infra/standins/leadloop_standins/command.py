"""The command line of every stand-in, and the same server inside a test."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .clock import Clock, ClockFileUnreadable
from .faults import InstructionRefused
from .stand_in import StandIn
from .wire import StandInServer

Build = Callable[[argparse.Namespace, Clock, Mapping[str, Any]], StandIn]


def stand_in_parser(module: str, description: str) -> argparse.ArgumentParser:
    """The options that all stand-ins share; a vendor adds its own."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one (default)")
    parser.add_argument("--clock-file", type=Path, help="file with one ISO-8601 UTC time, read at each use")
    parser.add_argument("--seed", type=Path, help="JSON file with what the vendor knows from the beginning")
    return parser


def main(parser: argparse.ArgumentParser, build: Build, arguments: Sequence[str] | None = None) -> int:
    """Serves until SIGTERM or SIGINT. Prints `{"listening": URL}` when ready; exits 2 on a bad seed or clock file."""
    options = parser.parse_args(arguments)
    try:
        clock = Clock(options.clock_file)
        clock.now()
        stand_in = build(options, clock, read_seed(options.seed))
        stand_in.start()
        server = StandInServer(options.host, options.port, stand_in)
    except (InstructionRefused, ClockFileUnreadable, OSError) as problem:
        sys.stderr.write(f"{parser.prog} cannot start: {problem}\n")
        return 2
    _serve_until_signalled(server)
    stand_in.stop()
    return 0


def read_seed(path: Path | None) -> dict[str, Any]:
    """The seed document; InstructionRefused when the file holds no JSON object, OSError when there is none."""
    if path is None:
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise InstructionRefused(f"The seed file is not JSON in UTF-8: {problem}.") from problem
    if not isinstance(document, dict):
        raise InstructionRefused(f"The seed file holds a JSON object, found {type(document).__name__}.")
    return document


@contextmanager
def running(stand_in: StandIn, port: int = 0) -> Iterator[str]:
    """Serves a stand-in from a thread of this process and gives its base URL; leaving ends it and its connections."""
    stand_in.start()
    server = StandInServer("127.0.0.1", port, stand_in)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.base_url
    finally:
        server.shutdown()
        thread.join()
        server.close()
        stand_in.stop()


def _serve_until_signalled(server: StandInServer) -> None:
    def stop(*_: object) -> None:
        # shutdown returns only once serve_forever has looped again, so the loop's own thread may not call it.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sys.stdout.write(json.dumps({"listening": server.base_url}) + "\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.1)
    server.close()
