"""The report of the loop for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from zoneinfo import ZoneInfo

from leadloop import timestamps
from leadloop.conversions.selection import Withheld
from leadloop.conversions.states import State
from leadloop.conversions.upload import Upload
from leadloop.numerals import counted
from leadloop.report.funnel import Funnel
from leadloop.report.loop import GoalLine, Loop
from leadloop.report.moments import minute_of, to_the_minute
from leadloop.report.quality_text import quality_text
from leadloop.report.tables import table

MOST_ROWS = 40
"""Rows of a list of leads that a terminal is shown."""


def loop_text(loop: Loop, names: Mapping[str, str] | None = None) -> str:
    """The whole report. ``names`` (lead id → a name to show) exists for demos; otherwise ids are shown."""
    return "\n".join(_sections(loop, names or {}))


def _sections(loop: Loop, names: Mapping[str, str]) -> Iterator[str]:
    yield f"\nFunnel: leads by {loop.funnel.by}, and stages reached"
    stages = loop.funnel.stages
    yield table(
        [loop.funnel.by, "leads", "repeats", "duplicates", "without ids", *stages],
        [
            [
                line.name,
                line.leads,
                line.repeats,
                line.duplicates,
                line.without_ids,
                *(line.stages[one] for one in stages),
            ]
            for line in loop.funnel.lines
        ],
    )
    yield f"  submissions answered: {_endings(loop, 'submission')}"
    yield f"  leads in the funnel: {_births(loop.funnel)}"
    yield f"  webhooks answered: {_endings(loop, 'hint')}"
    if loop.funnel.is_judged:
        yield from quality_text(loop.funnel)
    yield from loop.fraud_gate.text()
    if "verdict" in loop.outcomes:
        yield f"  verdicts of services: {_endings(loop, 'verdict')}"
    yield "\nGoals: what was sent, and what was not"
    head = ["goal", "sent", "accepted", "under way", "refused", "next upload", "not sent"]
    yield table(head, [_goal_cells(line) for line in loop.goals])
    yield from _next_upload(loop)
    if loop.funnel.unclaimed:
        others = counted(loop.funnel.unclaimed, *_ANOTHERS)
        yield f"  stages count leads: {others} a deal that another lead owns"
    yield f"\nUploads: {_upload_sum(loop.uploads)}"
    yield _uploads(loop)
    yield "\nNot linked, or possibly not: causes that our own facts allow"
    yield from _some(["lead", "goal", "certainty", "cause"], list(_unlinked(loop, names)))
    yield "\nNot sent"
    yield from _some(
        ["lead", "goal", "ends as", "reason"],
        [_withheld_cells(one, names, loop.time_zone) for one in loop.withheld],
    )


def _some(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield table(head, rows[:MOST_ROWS])
    if len(rows) > MOST_ROWS:
        yield f"  … and {len(rows) - MOST_ROWS} more: `leadloop report --json` lists them all"


def _births(funnel: Funnel) -> str:
    forms = funnel.leads - funnel.contacts - funnel.born_in_crm
    contacts = f" + {funnel.contacts} by calls, chats and requests" if funnel.contacts else ""
    return f"{funnel.leads} = {forms} from forms{contacts} + {funnel.born_in_crm} born in the CRM"


def _endings(loop: Loop, kind: str) -> str:
    """How many events of a kind there were, and how they ended: ``7 = 6 applied, 1 quarantined``."""
    ended = loop.outcomes[kind]
    parts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(ended.items()))
    return f"{ended.total()} = {parts or 0}"


def _next_upload(loop: Loop) -> Iterator[str]:
    """When what waits goes up; nothing while nothing waits."""
    if not any(line.waiting for line in loop.goals):
        return
    at = "as the schedule of upload-conversions says"
    if loop.next_upload is not None:
        at = f"{minute_of(timestamps.to_text(loop.next_upload), loop.time_zone)} ({loop.time_zone})"
    yield f"  next upload: {at}; Metrica was not asked whether the counter has these goals, `leadloop plan` asks it"


def _goal_cells(line: GoalLine) -> list[object]:
    reasons = ", ".join(f"{rule} {count}" for rule, count in line.withheld.most_common())
    return [line.goal, line.claimed, line.accepted, line.underway, line.refused, line.waiting, reasons or "—"]


def _uploads(loop: Loop) -> str:
    zone = ZoneInfo(loop.time_zone)
    sending = ["worth a look", f"sent ({loop.time_zone})", "by", "state"]
    totals = ["rows", "accepted", "linked", "user not found", "goal not found"]
    return table([*sending, *totals], [_upload_cells(one, zone) for one in loop.uploads if _is_notable(one)])


def _upload_sum(uploads: Sequence[Upload]) -> str:
    kept = [upload for upload in uploads if upload.state is not State.RELEASED]
    accepted, linked = (sum(upload.totals.get(name) or 0 for upload in kept) for name in _TOTALS[:2])
    ended = sum(upload.state is State.TERMINAL for upload in kept)
    files = f"{counted(len(kept), 'file')}, {ended} of them with totals read back"
    rows = sum(upload.count for upload in kept)
    return f"{files}; {counted(rows, 'row')}, {accepted} accepted, {linked} linked (Metrica's own totals)"


def _is_notable(upload: Upload) -> bool:
    if upload.state is State.RELEASED:
        return False
    whole = upload.totals.get("linked_quantity") == upload.count
    return upload.adopted or upload.state is not State.TERMINAL or not whole


def _upload_cells(upload: Upload, zone: tzinfo) -> list[object]:
    sent = timestamps.from_text(upload.sent_at).astimezone(zone).strftime("%d.%m %H:%M") if upload.sent_at else "—"
    cells = [_total(upload, name) for name in _TOTALS]
    adopted = " (answer lost, found by its token)" if upload.adopted else ""
    return [upload.token[:8], sent, upload.identifier_kind, f"{upload.state}{adopted}", upload.count, *cells]


def _total(upload: Upload, name: str) -> object:
    """What Metrica said; before it has processed the file, zeros of anything but lines mean nothing."""
    total = upload.totals.get(name)
    is_said = upload.state is State.TERMINAL or name == _TOTALS[0]
    return "?" if total is None or not is_said else total


_ANOTHERS = ("of them is a repeat or touches", "of them are repeats or touch")
_TOTALS = ("line_quantity", "linked_quantity", "user_not_found_quantity", "goal_not_found_quantity")


def _unlinked(loop: Loop, names: Mapping[str, str]) -> Iterator[list[object]]:
    for row in loop.suspects:
        for cause in row.causes:
            certainty = "certain" if cause.certain else "possible"
            yield [_name(row.lead_id, names), row.claim.goal, certainty, to_the_minute(cause.reason, loop.time_zone)]


def _withheld_cells(one: Withheld, names: Mapping[str, str], time_zone: str) -> list[object]:
    return [_name(one.lead_id, names), one.goal, one.outcome, to_the_minute(one.verdict.reason, time_zone)]


def _name(lead_id: str, names: Mapping[str, str]) -> str:
    return names.get(lead_id, lead_id)
