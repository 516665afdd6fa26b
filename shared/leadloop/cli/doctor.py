"""``leadloop doctor``: whether everything outside is as the policy says. Asks the vendors."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from leadloop.cli import opened

if TYPE_CHECKING:
    from leadloop.doctor.check import Check, State
    from leadloop.json_types import JsonObject
    from leadloop.runtime import Runtime

NAME = "doctor"
HELP = "ask Metrica and the CRM whether counter, goals, funnels, fields and webhook are as the policy says"


class GoalsNotAllowed(Exception):
    """The token may read the counter, and may not create goals in it."""

    def __init__(self) -> None:
        super().__init__(
            "Metrica did not let goals be created: that needs a token with the right metrika:write, and an owner who "
            "may edit the counter; or create them by hand: JavaScript event, condition `matches`"
        )


class NobodyToAsk(Exception):
    """Goals are missing, and nobody is there to say whether they are to be created."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(f"{', '.join(missing)} would be created, and nobody can be asked here; say --yes")


_TICKS = {"good": "✓", "warning": "!", "error": "✗", "not looked at": "–"}
_FORBIDDEN = 403


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The policy, the data if there are any yet, and whether to create goals."""
    opened.add_arguments(parser, needs_data=False)
    parser.add_argument("--create-goals", action="store_true", help="create the goals that the counter lacks")
    parser.add_argument("--yes", action="store_true", help="do not ask before creating them")


def run(arguments: argparse.Namespace) -> int:
    """Print what was found. 1 when something stands in the way; warnings do not."""
    from leadloop.cli.answer import OK, REFUSED, USAGE, print_json, tell_failure
    from leadloop.doctor.check import State
    from leadloop.doctor.diagnosis import diagnose

    world, _ = opened.open_runtime(arguments)
    try:
        created = _create_goals(world, arguments) if arguments.create_goals else []
    except NobodyToAsk as refusal:
        tell_failure(NAME, refusal, as_json=arguments.json)
        return USAGE
    checks = list(diagnose(world, has_store=bool(arguments.data or arguments.project)))
    is_fit = all(check.state is not State.ERROR for check in checks)
    if arguments.json:
        told: JsonObject = {"stages": _stages(checks), "checks": [as_json(check) for check in checks]}
        print_json({"ok": is_fit, "created_goals": [*created], **told})
    else:
        print("\n".join(as_text(checks)))
    return OK if is_fit else REFUSED


def as_text(checks: Sequence[Check]) -> list[str]:
    """The checks for a person, stage by stage."""
    from leadloop.doctor.check import Stage, State

    lines = []
    for number, stage in enumerate(Stage, start=1):
        of_stage = [one for one in checks if one.stage is stage]
        lines += [f"{_TICKS[state_of(of_stage)]} {number}. {stage}", *as_lines(of_stage), ""]
    counts = {state: sum(check.state is state for check in checks) for state in State}
    return [*lines, ", ".join(f"{count} {state}" for state, count in counts.items() if count)]


def state_of(checks: Sequence[Check]) -> State:
    """How a stage stands: as the worst of its checks; not looked at only where none of them was."""
    from leadloop.doctor.check import State

    states = {check.state for check in checks}
    return next(
        (one for one in (State.ERROR, State.WARNING, State.GOOD) if one in states),
        State.NOT_LOOKED_AT,
    )


def as_lines(checks: Sequence[Check]) -> list[str]:
    """Each check with its tick, and below it what to do."""
    from leadloop.report.tables import printable

    lines = []
    for check in checks:
        lines.append(f"  {_TICKS[check.state]} {printable(check.found)} [{check.rule}]")
        lines += [f"    → {check.what_to_do}"] if check.what_to_do else []
    return lines


def _stages(checks: Sequence[Check]) -> JsonObject:
    from leadloop.doctor.check import Stage

    return {stage.name.lower(): state_of([one for one in checks if one.stage is stage]).value for stage in Stage}


def as_json(check: Check) -> JsonObject:
    """A check for a program."""
    return {**check._asdict(), "stage": check.stage.name.lower(), "state": check.state.value}


def _create_goals(world: Runtime, arguments: argparse.Namespace) -> list[str]:
    """Identifiers of the goals that were created.

    Raises ``NobodyToAsk``; ``GoalsNotAllowed`` or ``VendorError``: then some may be there, and none twice, because
    whoever runs it again looks first.
    """
    from leadloop.doctor.counter import goals_to_create
    from leadloop.ports.http import Refused

    wanted = goals_to_create(world.policy, world.metrica.look())
    if not wanted:
        return []
    if not arguments.yes:
        if arguments.json or not sys.stdin.isatty():
            raise NobodyToAsk(list(wanted))
        print(f"will be created in counter {world.policy.site.counter}: {', '.join(wanted)}")
        if input("Create these goals? [y/N] ").strip().lower() not in ("y", "yes", "д", "да"):
            return []
    try:
        for target, goal in wanted.items():
            world.metrica.create_goal(f"leadloop: {goal}", target)
    except Refused as refusal:
        if refusal.status != _FORBIDDEN:
            raise
        raise GoalsNotAllowed from None
    return [*wanted]
