"""The command line: one module per command.

A command is a module here with ``NAME``, ``HELP``, ``add_arguments(parser)`` and ``run(arguments) -> int``.
Its imports at the top are light and the heavy ones stand inside ``run``, so that ``leadloop --help`` is fast.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from leadloop import __version__
from leadloop.cli.answer import OK, REFUSED, USAGE, tell_failure

COMMANDS = (
    *("demo", "init", "authorise", "check", "doctor", "serve", "test-lead"),
    *("plan", "upload", "uploads", "report", "sources", "explain", "what-if"),
    *("release", "quarantine", "dead-letters"),
    *("cost",),
)
"""Every command in the order of the help; ``test-lead`` lives in ``test_lead.py``."""

_TRIES_SETTINGS = "what-if"
"""The command whose options may be settings of the policy."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 when it did what was asked, 1 when it could not, 2 when it was asked wrongly."""
    words = list(sys.argv[1:] if argv is None else argv)
    if _first(words) == _TRIES_SETTINGS:
        words = _settings_spelled_out(words)
    try:
        arguments = _parsed(words)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else USAGE
    return _run(arguments)


def _settings_spelled_out(words: Sequence[str]) -> list[str]:
    """``--duplicates.window 90d`` as ``--set duplicates.window=90d``: options with a dot are settings of the policy.

    One without a value stays one without a value, for the command to refuse.
    """
    told: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, _ = word.removeprefix("--").partition("=")
        if not word.startswith("--") or "." not in name:
            told.append(word)
        elif equals or not rest or rest[0].startswith("--"):
            told += ["--set", word.removeprefix("--")]
        else:
            told += ["--set", f"{name}={rest.pop(0)}"]
    return told


def _parsed(words: Sequence[str]) -> argparse.Namespace:
    """The words as arguments; of words that are none a command may say (``about_strays``) what was expected instead."""
    parser = _parser(words)
    arguments, strays = parser.parse_known_args(words)
    if strays:
        said = f"unrecognized arguments: {' '.join(strays)}"
        parser.error("; ".join([said, *filter(None, [getattr(arguments, "about_strays", "")])]))
    return arguments


def _run(arguments: argparse.Namespace) -> int:
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130  # what a shell reports for a command ended by Ctrl-C
    except BrokenPipeError:
        # The reader (`| head`) has gone; Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as failure:
        if os.environ.get("LEADLOOP_TRACEBACK"):
            raise
        tell_failure(arguments.command, failure, as_json=arguments.json)
        return REFUSED
    return code


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="leadloop",
        description="Closes the loop from ad click to sale.",
        epilog="exit codes: 0 done, 1 could not be done, 2 asked wrongly; LEADLOOP_TRACEBACK=1 shows where it failed",
    )
    parser.add_argument("--version", action="version", version=f"leadloop {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in _wanted(words):
        # `resolve` lets a command word its own --json.
        own = commands.add_parser(command.NAME, help=command.HELP, description=command.HELP, conflict_handler="resolve")
        own.add_argument("--json", action="store_true", help="answer with one JSON object")
        command.add_arguments(own)
        own.set_defaults(run=command.run)
    return parser


def _wanted(words: Sequence[str]) -> list[ModuleType]:
    """The one command that is called, or all of them when help has to list them."""
    first = _first(words)
    names = [first] if first in COMMANDS and _exists(first) else [name for name in COMMANDS if _exists(name)]
    return [import_module(_module(name)) for name in names]


def _first(words: Sequence[str]) -> str:
    return next((word for word in words if not word.startswith("-")), "")


def _exists(name: str) -> bool:
    return find_spec(_module(name)) is not None


def _module(name: str) -> str:
    return f"{__name__}.{name.replace('-', '_')}"
