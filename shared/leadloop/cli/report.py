"""``leadloop report``: where leads come from, what was sent, what linked, and what did not and why."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from leadloop.cli import opened

if TYPE_CHECKING:
    from leadloop.json_types import JsonObject
    from leadloop.report.loop import Loop

NAME = "report"
HELP = "tell the state of the loop: funnel by source, conversions by goal, uploads, causes; changes nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the data are."""
    opened.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the report."""
    from leadloop.cli.answer import OK, print_json
    from leadloop.report.loop import read_loop
    from leadloop.report.text import loop_text

    world, _ = opened.open_runtime(arguments)
    loop = read_loop(world.store, world.policy, world.clock.now())
    if arguments.json:
        print_json(as_json(loop))
    else:
        print(loop_text(loop))
    return OK


def as_json(loop: Loop) -> JsonObject:
    """The report for a program."""
    return {
        "ok": True,
        "leads": loop.funnel.leads,
        "sources": [
            {
                "source": line.source,
                "leads": line.leads,
                "repeats": line.repeats,
                "without_ids": line.without_ids,
                "stages": {**line.stages},
            }
            for line in loop.funnel.lines
        ],
        "goals": [
            {
                "goal": line.goal,
                "sent": line.claimed,
                "accepted": line.accepted,
                "under_way": line.underway,
                "refused": line.refused,
                "not_sent": {**line.withheld},
            }
            for line in loop.goals
        ],
        "outcomes": {kind: {**ended} for kind, ended in loop.outcomes.items()},
    }
