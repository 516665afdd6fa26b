"""``leadloop demo``: three weeks of leads against stand-ins, and the proof that the count is right."""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import entry_points
from pathlib import Path

NAME = "demo"
HELP = "play three weeks of leads against stand-ins on this machine and prove the count"

ONE_MACHINE, EMULATORS = "one-machine", "emulators"

_DEMOS = "leadloop.demos"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--example", type=Path, metavar="DIR", help="folder with leadloop.yaml and story.yaml")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep everything in this folder (emptied first)")
    parser.add_argument("--port", type=int, help="port of the host (default: a free one; with --serve 8080)")
    parser.add_argument(
        "--backend",
        choices=(ONE_MACHINE, EMULATORS),
        default=ONE_MACHINE,
        help="where it runs: the one-machine host, or packaged functions on Google's emulators (which need Java)",
    )
    parser.add_argument(
        "--serve",
        action="store_true",
        help="play no story: leave the stand-ins and the host running, with a form to try",
    )


def run(arguments: argparse.Namespace) -> int:
    """Play and prove; 0 only if story and stand-in agree."""
    demos = list(entry_points(group=_DEMOS))
    if not demos:
        sys.stderr.write(
            f"leadloop demo cannot start: expected an installed demo (entry point {_DEMOS}), found none; "
            "install leadloop with the extra `host`\n"
        )
        return 1
    if arguments.serve and arguments.backend != ONE_MACHINE:
        sys.stderr.write(
            f"leadloop demo: expected --serve with --backend {ONE_MACHINE}, found {arguments.backend}; "
            "on the emulators a story is played, and nothing stays\n"
        )
        return 2
    code: int = demos[0].load()(
        example=arguments.example,
        folder=arguments.keep,
        port=arguments.port or (8080 if arguments.serve else None),
        serve=arguments.serve,
        on_emulators=arguments.backend == EMULATORS,
    )
    return code
