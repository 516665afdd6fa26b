"""`python -m leadloop_standins.metrica`."""

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from ..clock import Clock
from ..command import main, stand_in_parser
from .settings import DEFAULT_SETTINGS
from .stand_in import MetricaStandIn


def parser() -> argparse.ArgumentParser:
    """The shared options and Metrica's own."""
    options = stand_in_parser("leadloop_standins.metrica", "Yandex Metrica's offline conversions on this machine.")
    options.add_argument("--token", action="append", default=[], help="a token that may do everything; repeatable")
    options.add_argument("--counter", action="append", default=[], help="id of a counter that exists; repeatable")
    options.add_argument("--processing-minutes", type=float, help="domain minutes of processing; 0: a step per GET")
    options.add_argument("--skip-intermediate", action="store_true", default=None, help="go straight to the end")
    options.add_argument("--listing-order", choices=("newest_first", "oldest_first"), help="order of uploadings")
    return options


def build(options: argparse.Namespace, clock: Clock, seed: Mapping[str, Any]) -> MetricaStandIn:
    """The stand-in with what the command line adds to the seed."""
    document = dict(seed)
    document["tokens"] = [*document.get("tokens", []), *({"token": token} for token in options.token)]
    document["counters"] = [*document.get("counters", []), *({"id": counter} for counter in options.counter)]
    given = {name: getattr(options, name) for name in DEFAULT_SETTINGS if getattr(options, name, None) is not None}
    document["settings"] = {**document.get("settings", {}), **given}
    return MetricaStandIn(clock, document)


if __name__ == "__main__":
    sys.exit(main(parser(), build))
