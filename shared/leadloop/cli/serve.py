"""``leadloop serve``: everything on one machine."""

from __future__ import annotations

import argparse
import os
import sys
from importlib.metadata import entry_points
from pathlib import Path

from leadloop.cli.environment_file import environment_of

NAME = "serve"
HELP = "serve every function on this machine: HTTP, messages and schedules"

_HOSTS = "leadloop.hosts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--policy", type=Path, required=True, metavar="FILE", help="the policy, leadloop.yaml")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="where documents and messages rest")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on, 0 for any (default: %(default)s)")
    parser.add_argument(
        "--public-port", type=int, metavar="PORT", help="also listen here for public functions only: for a proxy"
    )
    parser.add_argument("--public-host", default="127.0.0.1", help="address of --public-port (default: %(default)s)")
    parser.add_argument(
        "--functions", type=Path, metavar="DIR", help="the folder of functions (default: the checkout's own)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop; the exit code."""
    os.environ.update(environment_of(arguments.policy, os.environ))
    hosts = list(entry_points(group=_HOSTS))
    if not hosts:
        sys.stderr.write(
            f"leadloop serve cannot start: expected an installed host (entry point {_HOSTS}), found none; "
            "install leadloop with the extra `host`: pip install 'leadloop[host]'\n"
        )
        return 1
    try:
        serve = hosts[0].load()
    except ModuleNotFoundError as missing:
        sys.stderr.write(
            f"leadloop serve cannot start: the module {missing.name} is not installed; "
            "install leadloop with the extra `host`: pip install 'leadloop[host]'\n"
        )
        return 1
    code: int = serve(
        policy=arguments.policy,
        data=arguments.data,
        host=arguments.host,
        port=arguments.port,
        public_host=arguments.public_host,
        public_port=arguments.public_port,
        functions=arguments.functions,
    )
    return code
