"""``leadloop release``: a person says that a lead which the fraud gate stops is a human."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from leadloop.cli import opened
from leadloop.cli.named_lead import ACCEPTED, nothing_found, quoted

if TYPE_CHECKING:
    from leadloop.leads.lead import Lead
    from leadloop.runtime import Runtime
    from leadloop.verdict import Verdict

NAME = "release"
HELP = "this is a human: let a lead through that the fraud gate holds; says what changes, and asks"


class NotOneLead(Exception):
    """What was named is no lead, or is several."""

    def __init__(self, wanted: str, found: list[str]) -> None:
        if found:
            super().__init__(
                f"{len(found)} leads have the CRM deal, ClientID or yclid {quoted(wanted)}, expected one; "
                f"name it by its own id: {', '.join(found)}"
            )
        else:
            super().__init__(f"{nothing_found(wanted)}; see also --data, --project")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the data are, which lead, and whether to ask."""
    opened.add_arguments(parser)
    parser.add_argument("lead", help=ACCEPTED)
    parser.add_argument("--yes", action="store_true", help="do not ask; needed with --json and without a terminal")


def run(arguments: argparse.Namespace) -> int:
    """Say what will change, ask, do it; 1 when there is nothing to release. Raises ``NotOneLead``."""
    from leadloop.cli.answer import OK, REFUSED, USAGE, print_json
    from leadloop.leads.releasing import judge, release

    if not arguments.yes and (arguments.json or not sys.stdin.isatty()):
        print("leadloop release: nobody can be asked here; say --yes", file=sys.stderr)
        return USAGE
    world, _ = opened.open_runtime(arguments)
    lead = _lead(world, arguments.lead)
    verdict = judge(world.policy, lead, world.clock.now())
    goals = _goals_let_through(world, lead) if verdict else []
    if verdict and not arguments.json:
        reached = ", ".join(goals) or "none"
        print(f"{lead.id} is stopped: {verdict.reason}")
        print(f"will be released; nothing else of it changes. Goals it reached that may be sent then: {reached}")
        if not arguments.yes and input("Is this a human? [y/N] ").strip().lower() not in ("y", "yes", "д", "да"):
            print("left as it was")
            return REFUSED
    if verdict:
        verdict = release(world.store, world.policy, lead.id, world.clock.now())
    if arguments.json:
        said = {"rule": verdict.rule, "reason": verdict.reason}
        print_json({"ok": verdict.ok, "lead_id": lead.id, "released": verdict.ok, **said, "goals": [*goals]})
    else:
        print(f"{lead.id} {_ended(verdict)} [{verdict.rule}]")
    return OK if verdict else REFUSED


def _ended(verdict: Verdict) -> str:
    if not verdict:
        return f"left: {verdict.reason}"
    return f"released: a person said that this is a human; the fraud gate had said: {verdict.reason}"


def _lead(world: Runtime, wanted: str) -> Lead:
    from leadloop.report.explanation import find_leads

    found = find_leads(world.store, world.policy, wanted)
    if len(found) != 1:
        raise NotOneLead(wanted, [lead.id for lead in found])
    return found[0]


def _goals_let_through(world: Runtime, lead: Lead) -> list[str]:
    """Goals reached and not sent that nothing but the gate keeps back."""
    from leadloop.conversions.verdicts import judge_verdicts
    from leadloop.leads import facts_of

    policy, now = world.policy, world.clock.now()
    before, after = lead.state(policy), lead.with_facts((facts_of.release(now),)).state(policy)
    return [
        goal
        for goal in lead.pending(policy, after)
        if not judge_verdicts(before, policy.goals[goal], now) and judge_verdicts(after, policy.goals[goal], now)
    ]
