"""``leadloop upload``: an upload run now, instead of at the next tick."""

from __future__ import annotations

import argparse

from leadloop.cli import opened

NAME = "upload"
HELP = "send to Metrica now what `leadloop plan` shows, under the same lease as the schedule"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the data are, and whether refused rows are offered again."""
    opened.add_arguments(parser)
    parser.add_argument(
        "--refused", action="store_true", help="offer rows again that Metrica refused one by one, after a correction"
    )


def run(arguments: argparse.Namespace) -> int:
    """Say what will be sent, send it, say what came of it; 1 when the run was stopped."""
    from leadloop.cli.answer import OK, REFUSED, print_json
    from leadloop.conversions.context import UploadContext
    from leadloop.conversions.planning import plan
    from leadloop.conversions.run import UploadRun
    from leadloop.conversions.selection import Selection
    from leadloop.leases import lease
    from leadloop.numerals import counted

    world, log = opened.open_runtime(arguments)
    context = UploadContext.of(world, "upload-conversions")
    with lease(world.store, world.clock, "upload-conversions", world.entropy.token(), context.lease_seconds):
        run = UploadRun(context)
        again = run.offer_refused_again() if arguments.refused else 0
        rows = plan(Selection(world.policy, world.clock.now()), world.store).rows
        if not arguments.json:
            most = counted(rows, "conversion")
            print(f"will send up to {most} to counter {context.metrica.counter}; {again} of them once refused")
        summary = run.run()
    if arguments.json:
        print_json({"ok": summary.stopped is None, **summary.as_json()})
    else:
        for entry in log.entries:
            said = [str(entry.details[name]) for name in ("reason", "what_to_do") if name in entry.details]
            print(f"  {entry.event} {'; '.join(said)}".rstrip())
        states = ", ".join(f"{count} {state}" for state, count in sorted(summary.rows.items())) or "nothing"
        print(f"rows: {states}; stopped: {summary.stopped or 'no'}")
    return OK if summary.stopped is None else REFUSED
