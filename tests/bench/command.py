"""The command: which measurements, how long, and where the figures go."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import machine
from bench.figures import Figure
from bench.http_load import NotGood
from bench.measurements import MEASUREMENTS, Unavailable, measure
from bench.processes import NotServed
from bench.sampling import FULL, QUICK, Scale
from bench.table import table_of

SCHEMA = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write. 1 when a gate is missed or a measurement broke off, else 0.

    A quick run misses no gate: its figures say little.
    """
    options = _options(arguments)
    scale = QUICK if options.quick else FULL
    described = machine.describe()
    _say(machine.line_of(described))
    if machine.load() > machine.LOADED and not options.quick:
        _say(f"the machine is busy (load {machine.load()}): trust ratios, and no single figure")
    figures, unavailable = _measure(options.only or list(MEASUREMENTS), scale)
    _say("\n" + table_of(figures))
    report = {
        "schema": SCHEMA,
        "scale": scale.name,
        "machine": {**described, "load_after": machine.load()},
        "figures": [figure.as_json() for figure in figures],
        "left_out": {one.what: one.reason for one in unavailable},
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    _say(f"\nwritten to {options.output}")
    over = [figure.name for figure in figures if figure.verdict == "over"]
    if over:
        _say(f"over the gate: {', '.join(over)}")
    return 1 if (over and not options.quick) or any(one.broken for one in unavailable) else 0


def _measure(names: Sequence[str], scale: Scale) -> tuple[list[Figure], list[Unavailable]]:
    figures: list[Figure] = []
    unavailable: list[Unavailable] = []
    for name in names:
        _say(f"measuring {name} …")
        for found in _taken(name, scale):
            if isinstance(found, Unavailable):
                unavailable.append(found)
                _say(f"  left out: {found.what}: {found.reason}")
            else:
                figures.append(found)
    return figures, unavailable


def _taken(name: str, scale: Scale) -> Iterator[Figure | Unavailable]:
    """What a measurement finds; one that breaks off leaves the others their turn."""
    try:
        yield from measure(name, scale)
    except (NotServed, NotGood) as fault:
        yield Unavailable(name, str(fault), broken=True)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Ratios of leadloop's cost to a baseline.")
    parser.add_argument("--only", action="append", choices=MEASUREMENTS, help="this measurement; may be repeated")
    parser.add_argument("--quick", action="store_true", help="see that everything runs; the figures say little")
    output = Path("build/bench.json")
    parser.add_argument("--output", type=Path, default=output, help="where the JSON goes (default: %(default)s)")
    return parser.parse_args(arguments)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
