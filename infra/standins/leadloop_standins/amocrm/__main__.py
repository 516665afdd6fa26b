"""`python -m leadloop_standins.amocrm`."""

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from ..clock import Clock
from ..command import main, stand_in_parser
from .stand_in import AmoCrmStandIn


def parser() -> argparse.ArgumentParser:
    """The shared options and amoCRM's own."""
    options = stand_in_parser("leadloop_standins.amocrm", "An amoCRM account on this machine.")
    options.add_argument("--token", action="append", default=[], help="a long-lived token; repeatable")
    options.add_argument("--requests-per-second", type=int, help="limit in real time; 0: none (default: 7)")
    options.add_argument("--subdomain", help="name of the account in its own links")
    return options


def build(options: argparse.Namespace, clock: Clock, seed: Mapping[str, Any]) -> AmoCrmStandIn:
    """The stand-in with what the command line adds to the seed."""
    document = dict(seed)
    document["tokens"] = [*document.get("tokens", []), *({"token": token} for token in options.token)]
    if options.subdomain:
        document["account"] = [*document.get("account", []), {"subdomain": options.subdomain}]
    if options.requests_per_second is not None:
        limit = {"requests_per_second": options.requests_per_second}
        document["settings"] = {**document.get("settings", {}), **limit}
    return AmoCrmStandIn(clock, document)


if __name__ == "__main__":
    sys.exit(main(parser(), build))
