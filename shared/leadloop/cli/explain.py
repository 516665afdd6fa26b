"""``leadloop explain``: the whole story of one lead: what is known, what follows, what was sent and why not."""

from __future__ import annotations

import argparse

from leadloop.cli import opened

NAME = "explain"
HELP = "tell everything about one lead, found by its id, its CRM deal or its ClientID or yclid; changes nothing"


class NoSuchLead(Exception):
    """Nothing in the store goes by that name."""

    def __init__(self, wanted: str) -> None:
        super().__init__(
            f"no lead has the id, CRM deal, ClientID or yclid {wanted!r}; a deal is known once it has been read from "
            "the CRM and has found its lead, which may take ten minutes and one pull; else: is it the right --data?"
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the data are, and which lead."""
    opened.add_arguments(parser)
    parser.add_argument("lead", help="a lead id, an id of a CRM deal, a ClientID or a yclid")


def run(arguments: argparse.Namespace) -> int:
    """Print the story of each lead found. Raises ``NoSuchLead``."""
    from leadloop.cli.answer import OK, print_json
    from leadloop.policy.loader import PolicySource
    from leadloop.report.explanation import explain, find_leads

    world, _ = opened.open_runtime(arguments)
    found = find_leads(world.store, world.policy, arguments.lead)
    if not found:
        raise NoSuchLead(arguments.lead)
    cite = PolicySource.of_file(arguments.policy).cite
    stories = [explain(world.store, world.policy, lead, world.clock.now(), cite) for lead in found]
    if arguments.json:
        print_json({"ok": True, "goals_verified": False, "leads": [story.as_json() for story in stories]})
    else:
        print("\n\n".join(story.text() for story in stories))
    return OK
