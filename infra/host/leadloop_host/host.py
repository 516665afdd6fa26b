"""The host's life: check, start, announce, serve until told to stop, stop without losing anything."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from leadloop_host.assembly import Assembly
from leadloop_host.banner import banner
from leadloop_host.directory_lock import DirectoryLock
from leadloop_host.faults import StartRefused
from leadloop_host.options import Options
from leadloop_host.startup import open_runtime, plan

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

GRACE = 20.0
"""Seconds that requests and deliveries under way are given to end after the signal to stop."""


def serve(
    policy: Path,
    data: Path,
    host: str = "127.0.0.1",
    port: int = 8080,
    public_host: str = "127.0.0.1",
    public_port: int | None = None,
    functions: Path | None = None,
    index: WSGIApplication | None = None,
) -> int:
    """Serve until SIGTERM or SIGINT; the exit code: 0 after a clean stop, 1 when it could not start.

    ``index`` answers ``/`` in the place of the host's own page, which stays at ``/_host/``.
    """
    options = Options(policy, data, host, port, public_host, public_port, functions)
    try:
        return _serve(options, index)
    except StartRefused as refusal:
        sys.stderr.write(f"leadloop serve cannot start: {refusal}\n")
        return 1


def _serve(options: Options, index: WSGIApplication | None) -> int:
    planned = plan(options)
    lock = DirectoryLock(options.data)
    runtime = open_runtime(options)
    assembly = Assembly(planned, runtime, options, index)
    ports = assembly.start()
    lock.announce(ports)
    sys.stderr.write(banner(planned, options.host, ports, options.public_host, str(options.data)))
    sys.stderr.flush()
    _wait_for_signal()
    runtime.log.info("host_stopping")
    clean = assembly.stop(monotonic() + GRACE)
    runtime.log.info("host_stopped", everything_ended=clean)
    lock.release()
    return 0


def _wait_for_signal() -> None:
    """Return at the first SIGTERM or SIGINT; a second one ends the process at once, which loses nothing either."""
    told = threading.Event()

    def on_signal(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        told.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    told.wait()
