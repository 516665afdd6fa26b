"""``python -m leadloop_preflight [tables]``: checks infra/terraform, or writes its tables; 0 good, 1 refused."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from leadloop_packaging.checkout import ROOT
from leadloop_preflight import module_tables
from leadloop_preflight.steps import Preflight

TERRAFORM = ROOT / "infra" / "terraform"
BUILD = ROOT / "build"


def main(words: Sequence[str] | None = None) -> int:
    """Take every step, tell each and what it found; or write the tables of the modules."""
    arguments = _parser().parse_args(words)
    return _write_tables() if arguments.what == "tables" else _check()


def _check() -> int:
    refused = False
    for outcome in Preflight(TERRAFORM, BUILD, in_ci=bool(os.environ.get("CI"))).outcomes():
        sys.stdout.write(f"{outcome.verdict:<8} {outcome.step:<9} {outcome.remark}\n{outcome.findings}")
        sys.stdout.flush()
        refused |= outcome.verdict == "refused"
    return int(refused)


def _write_tables() -> int:
    try:
        for path in module_tables.write(TERRAFORM):
            sys.stdout.write(f"written: {path.relative_to(ROOT)}\n")
    except module_tables.MarksMissing as fault:
        sys.stderr.write(f"nothing was written: {fault}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m leadloop_preflight", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["check", "tables"], default="check", help="default: check")
    return parser


if __name__ == "__main__":
    sys.exit(main())
