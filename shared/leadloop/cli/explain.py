"""``leadloop explain``: the whole story of one lead: what is known, what follows, what was sent and why not."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from leadloop.cli import opened
from leadloop.cli.named_lead import ACCEPTED, nothing_found

if TYPE_CHECKING:
    from leadloop.json_types import Json, JsonObject
    from leadloop.leads.lead import Lead
    from leadloop.runtime import Runtime

NAME = "explain"
HELP = "tell everything about one lead, found by its id, its CRM deal or its ClientID or yclid; changes nothing"


class NoSuchLead(Exception):
    """Nothing in the store goes by that name."""

    def __init__(self, wanted: str) -> None:
        super().__init__(
            f"{nothing_found(wanted)}; a deal is known once it has been read from the CRM and has found its lead, "
            "which may take ten minutes and one pull; else: is it the right --data?"
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the data are, and which lead."""
    opened.add_arguments(parser)
    parser.add_argument("lead", help=ACCEPTED)


def run(arguments: argparse.Namespace) -> int:
    """Print the story of each lead found, or what is known of a test lead. Raises ``NoSuchLead``."""
    from leadloop.cli.answer import OK, print_json
    from leadloop.policy.loader import PolicySource
    from leadloop.report.explanation import explain, find_by_kind

    world, _ = opened.open_runtime(arguments)
    found = find_by_kind(world.store, world.policy, arguments.lead)
    if not found:
        return _explain_test(world, arguments.lead, as_json=arguments.json)
    cite = PolicySource.of_file(arguments.policy).cite
    leads = {lead.id: lead for some in found.values() for lead in some}
    stories = [explain(world.store, world.policy, lead, world.clock.now(), cite) for lead in leads.values()]
    if arguments.json:
        found_by: JsonObject = {kind: [lead.id for lead in some] for kind, some in found.items()}
        told: list[Json] = [story.as_json() for story in stories]
        print_json({"ok": True, "goals_verified": False, "found_by": found_by, "leads": told})
    else:
        print("\n\n".join([*_ambiguity(arguments.lead, found), *(story.text() for story in stories)]))
    return OK


def _explain_test(world: Runtime, wanted: str, *, as_json: bool) -> int:
    """Tell a test lead by the id that a lead like it would have. Raises ``NoSuchLead``."""
    from leadloop.cli.test_lead import tell
    from leadloop.leads.trials import read_trials

    trial = next((one for one in reversed(read_trials(world.store)) if one.lead_id == wanted.lower()), None)
    if trial is None:
        raise NoSuchLead(wanted)
    return tell(world, trial, as_json=as_json)


def _ambiguity(wanted: str, found: dict[str, list[Lead]]) -> list[str]:
    """What to say where one id is the id of several things, and they find different leads."""
    if len({tuple(sorted(lead.id for lead in some)) for some in found.values()}) < 2:
        return []
    kinds = [f"the {kind} of {', '.join(lead.id for lead in some)}" for kind, some in found.items() if kind != "lead"]
    kinds = (["a lead itself"] if "lead" in found else []) + kinds
    return [f"{wanted} is {' and '.join(kinds)}: all of them are told"]
