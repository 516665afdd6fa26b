"""`python -m leadloop_standins.comagic`."""

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from ..clock import Clock
from ..command import main, stand_in_parser
from .stand_in import CoMagicStandIn


def parser() -> argparse.ArgumentParser:
    """The shared options and CoMagic's own."""
    options = stand_in_parser("leadloop_standins.comagic", "A CoMagic (UIS) account on this machine.")
    options.add_argument("--token", action="append", default=[], help="a permanent key; repeatable")
    options.add_argument("--time-zone", help="the account's zone, of all dates (default: Europe/Moscow)")
    return options


def build(options: argparse.Namespace, clock: Clock, seed: Mapping[str, Any]) -> CoMagicStandIn:
    """The stand-in with what the command line adds to the seed."""
    document = dict(seed)
    document["tokens"] = [*document.get("tokens", []), *({"token": token} for token in options.token)]
    if options.time_zone:
        document["settings"] = {**document.get("settings", {}), "time_zone": options.time_zone}
    return CoMagicStandIn(clock, document)


if __name__ == "__main__":
    sys.exit(main(parser(), build))
