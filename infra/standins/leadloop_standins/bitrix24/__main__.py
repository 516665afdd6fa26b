"""`python -m leadloop_standins.bitrix24`."""

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from ..clock import Clock
from ..command import main, stand_in_parser
from .stand_in import Bitrix24StandIn


def parser() -> argparse.ArgumentParser:
    """The shared options and Bitrix24's own."""
    options = stand_in_parser("leadloop_standins.bitrix24", "A Bitrix24 portal on this machine.")
    options.add_argument("--code", action="append", default=[], help="code of an inbound webhook of user 1; repeatable")
    options.add_argument("--requests-until-blocked", type=int, help="limit of the bucket; 0: none (default: 50)")
    options.add_argument("--domain", help="name of the portal in its own events")
    return options


def build(options: argparse.Namespace, clock: Clock, seed: Mapping[str, Any]) -> Bitrix24StandIn:
    """The stand-in with what the command line adds to the seed."""
    document = dict(seed)
    document["inbound_webhooks"] = [*document.get("inbound_webhooks", []), *({"code": one} for one in options.code)]
    if options.domain:
        document["portal"] = [*document.get("portal", []), {"domain": options.domain}]
    if options.requests_until_blocked is not None:
        limit = {"requests_until_blocked": options.requests_until_blocked}
        document["settings"] = {**document.get("settings", {}), **limit}
    return Bitrix24StandIn(clock, document)


if __name__ == "__main__":
    sys.exit(main(parser(), build))
