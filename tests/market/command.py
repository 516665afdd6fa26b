"""The command: a market of any size, judged all at once or registered lead by lead."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.leads.lead import Lead
from market.fair import hold_market
from market.intake import Intake, Register
from market.table import report
from market.verdicts import compare, shares


def main(arguments: Sequence[str] | None = None) -> int:
    """Hold a market and print how it was judged. 1 when a threshold is missed, else 0."""
    options = _options(arguments)
    started = time.monotonic()

    def say(what: str) -> None:
        sys.stderr.write(f"{time.monotonic() - started:7.1f} s  {what}\n")

    say(f"inventing {options.leads} leads from seed {options.seed}")
    inquiries = hold_market(options.leads, options.seed)
    say(f"capturing {len(inquiries)}")
    intake = Intake(inquiries)
    say("registering one by one" if options.store else "judging all at once")
    leads = _registered(intake) if options.store else intake.at_once()
    say("comparing with the truth")
    judged = compare(inquiries, intake.lead_ids, leads)
    figures = shares(judged)
    sys.stdout.write(report(judged) + "\n")
    say("done")
    is_good = figures.sources >= 0.98 and figures.duplicates >= 0.99 and figures.caught >= 0.9 and figures.held <= 0.01
    return 0 if is_good else 1


def _registered(intake: Intake) -> dict[str, Lead]:
    with TemporaryDirectory() as folder:
        return Register(SqliteStore(Path(folder) / "documents.db")).take(intake.arrivals).leads()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m market", description=__doc__)
    parser.add_argument("--leads", type=int, default=2000, help="about how many (2000)")
    parser.add_argument("--seed", type=int, default=1, help="another seed is another market (1)")
    parser.add_argument("--store", action="store_true", help="register them one by one in a store, as it is in life")
    return parser.parse_args(arguments)
