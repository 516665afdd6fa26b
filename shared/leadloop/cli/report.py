"""``leadloop report``: where leads come from, what was sent, what linked, and what did not and why."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from leadloop.cli import opened

if TYPE_CHECKING:
    from leadloop.conversions.linkage import RowLinkage
    from leadloop.conversions.selection import Withheld
    from leadloop.conversions.upload import Upload
    from leadloop.json_types import Json, JsonObject
    from leadloop.report.funnel import Funnel, SourceLine
    from leadloop.report.loop import GoalLine, Loop
    from leadloop.report.standings import Standings

NAME = "report"
HELP = "tell the state of the loop: funnel by source, conversions by goal, uploads, causes; changes nothing"
_UPLOAD = "upload-conversions"
GROUPINGS = ("source", "channel", "contractor", "connection")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the data are, and what leads are counted by."""
    opened.add_arguments(parser)
    parser.add_argument(
        "--by", choices=GROUPINGS, default=GROUPINGS[0], help="what a line of leads is; default: %(default)s"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the report."""
    from leadloop.cli.answer import OK, print_json
    from leadloop.cli.check_report import load_manifest
    from leadloop.report.funnel import Grouping
    from leadloop.report.loop import read_loop
    from leadloop.report.text import loop_text

    world, _ = opened.open_runtime(arguments)
    manifest = load_manifest(arguments.functions)
    own = manifest.functions[_UPLOAD].schedule if manifest is not None and _UPLOAD in manifest.functions else None
    schedule = world.policy.schedules.get(_UPLOAD, own)
    loop = read_loop(world.store, world.policy, world.clock.now(), Grouping(arguments.by), schedule)
    if arguments.json:
        print_json(as_json(loop))
    else:
        print(loop_text(loop))
    return OK


def as_json(loop: Loop) -> JsonObject:
    """The report for a program."""
    from leadloop import timestamps

    return {
        "ok": True,
        "leads": loop.funnel.leads,
        f"{loop.funnel.by}s": [_source(line, loop.funnel) for line in loop.funnel.lines],
        "managers": [{"manager": who, **_quality(found)} for who, found in loop.funnel.managers],
        "fraud_gate": loop.fraud_gate.as_json(),
        "goals": [_goal(line) for line in loop.goals],
        "next_upload": None if loop.next_upload is None else timestamps.to_text(loop.next_upload),
        "uploads": [_upload(upload) for upload in loop.uploads],
        "not_linked": [_suspect(row) for row in loop.suspects],
        "not_sent": [_withheld(one) for one in loop.withheld],
        "outcomes": {kind: {**ended} for kind, ended in loop.outcomes.items()},
    }


def _source(line: SourceLine, funnel: Funnel) -> JsonObject:
    counts = {
        "leads": line.leads,
        "repeats": line.repeats,
        "duplicates": line.duplicates,
        "without_ids": line.without_ids,
    }
    quality = _quality(line.quality) if funnel.is_judged else None
    return {funnel.by.value: line.name, **counts, "stages": {**line.stages}, "quality": quality}


def _quality(found: Standings) -> JsonObject:
    """Standings; the median is in seconds, ``null`` when nobody was qualified."""
    from leadloop.leads.quality import Standing

    time = found.median_time
    return {
        **{standing.value: found.counts[standing] for standing in Standing},
        "anothers": found.anothers,
        "overdue": found.overdue,
        "ever_qualified": found.ever_qualified,
        "median_seconds_to_qualify": None if time is None else int(time.total_seconds()),
        "reasons": {**found.reasons},
        "unmapped_loss_reasons": {**found.unmapped},
        "against_channel": found.against_channel,
        "warm_up": found.warm_up,
    }


def _goal(line: GoalLine) -> JsonObject:
    fates = {"accepted": line.accepted, "under_way": line.underway, "refused": line.refused}
    return {"goal": line.goal, "sent": line.claimed, **fates, "next": line.waiting, "not_sent": {**line.withheld}}


def _upload(upload: Upload) -> JsonObject:
    said: JsonObject = {"state": upload.state.value, "rows": upload.count, "adopted": upload.adopted}
    return {"token": upload.token, **said, "totals": {**upload.totals}}


def _suspect(row: RowLinkage) -> JsonObject:
    """A row that did not link, or may be one that did not."""
    causes: list[Json] = [{"rule": one.rule, "reason": one.reason, "certain": one.certain} for one in row.causes]
    return {"lead_id": row.lead_id, "goal": row.claim.goal, "causes": causes}


def _withheld(one: Withheld) -> JsonObject:
    said: JsonObject = {"ends_as": one.outcome.value, "rule": one.verdict.rule, "reason": one.verdict.reason}
    return {"lead_id": one.lead_id, "goal": one.goal, **said}
