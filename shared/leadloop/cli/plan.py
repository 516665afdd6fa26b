"""``leadloop plan``: what the next upload would send, and what not and why. Changes nothing."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from leadloop.cli import opened

if TYPE_CHECKING:
    from leadloop.conversions.planning import Plan
    from leadloop.json_types import JsonObject

NAME = "plan"
HELP = "show what the next upload would send, and what it would not and why; sends nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the data are."""
    opened.add_arguments(parser)
    parser.add_argument("--offline", action="store_true", help="do not ask Metrica which goals the counter has")


def run(arguments: argparse.Namespace) -> int:
    """Print the plan; 0 also when there is nothing to send."""
    from leadloop.cli.answer import OK, print_json
    from leadloop.conversions.context import UploadContext
    from leadloop.conversions.planning import SHOWN, plan
    from leadloop.conversions.preflight import look_at_counter
    from leadloop.conversions.selection import Selection

    world, log = opened.open_runtime(arguments)
    targets, trouble = None, "not asked"
    if not arguments.offline:
        preflight = look_at_counter(UploadContext.of(world, "upload-conversions"))
        targets, trouble = preflight.targets, preflight.trouble or ""
    selection = Selection(world.policy, world.clock.now(), targets)
    found = plan(selection, world.store, most=None if arguments.json else SHOWN)
    if arguments.json:
        print_json({"ok": True, "goals_verified": targets is not None, "trouble": trouble, **as_json(found)})
        return OK
    print("\n".join(as_text(found, world.policy.site.time_zone)))
    for entry in log.entries:
        said = [str(entry.details[name]) for name in ("reason", "what_to_do") if name in entry.details]
        print(f"! {entry.event}: {'; '.join(said)}")
    return OK


def as_text(found: Plan, zone: str) -> list[str]:
    """The plan in lines for a person, its moments in the counter's zone."""
    from leadloop.numerals import counted
    from leadloop.report.moments import to_the_minute

    lines = [f"to be sent: {counted(found.rows, 'conversion')}"]
    for form, file in sorted(found.files.items()):
        lines.append(f"  {counted(file.rows, 'row')} of {form.header}")
        lines += [
            f"    {one.claim.row}    {one.verdict.rule}, until {to_the_minute(one.claim.deadline, zone)}"
            for one in file.shown
        ]
        lines += _more(file.rows - len(file.shown))
    lines.append(f"not sent: {found.withheld.total()}")
    for rule, count in found.withheld.most_common():
        lines.append(f"  {count} {rule}")
        lines += [
            f"    lead {one.lead_id}, {one.goal}: {to_the_minute(one.verdict.reason, zone)}"
            for one in found.examples[rule]
        ]
        lines += _more(count - len(found.examples[rule]))
    return lines


def _more(count: int) -> list[str]:
    return [f"    … and {count} more (--json)"] if count else []


def as_json(found: Plan) -> JsonObject:
    """The plan for a program: all of it."""
    return {
        "rows": found.rows,
        "files": [
            {"header": form.header, "rows": file.rows, "lines": [one.claim.row for one in file.shown]}
            for form, file in sorted(found.files.items())
        ],
        "withheld": {**found.withheld},
        "not_sent": {
            rule: [{"lead_id": one.lead_id, "goal": one.goal, "reason": one.verdict.reason} for one in group]
            for rule, group in found.examples.items()
        },
    }
