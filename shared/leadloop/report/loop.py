"""The state of the loop, read from the store: what came in, what was sent, what linked, what did not and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from leadloop import queries
from leadloop.conversions.linkage import RowLinkage
from leadloop.conversions.selection import Selection, Withheld
from leadloop.conversions.states import TAKEN, State
from leadloop.conversions.upload import Upload
from leadloop.leads.lead import Claim, Lead
from leadloop.outcomes import Outcome
from leadloop.policy import Policy
from leadloop.policy.crons import first_after
from leadloop.ports.store import Store
from leadloop.queries import every_document
from leadloop.report.fraud_gate import FraudGate, fraud_gate
from leadloop.report.funnel import Funnel, Grouping, funnel
from leadloop.report.suspects import suspects
from leadloop.verdict import Verdict


@dataclass(frozen=True, slots=True)
class GoalLine:
    """One goal: conversions claimed, of them taken by Metrica, still on the way, refused; and not sent, by reason.

    ``waiting`` are those that the next upload sends; of the claimed those among them whose upload certainly failed.
    """

    goal: str
    claimed: int
    accepted: int
    underway: int
    refused: int
    waiting: int
    withheld: Counter[str]


@dataclass(frozen=True, slots=True)
class RowFate:
    """One claimed conversion and the upload that speaks for it."""

    lead: Lead
    claim: Claim
    upload: Upload | None


@dataclass(frozen=True, slots=True)
class Loop:
    """Everything the report tells. Totals of uploads are Metrica's own words and exact per upload."""

    now: datetime
    time_zone: str
    """Zone of the counter, in which moments are told to a person."""
    funnel: Funnel
    goals: tuple[GoalLine, ...]
    uploads: tuple[Upload, ...]
    rows: tuple[RowFate, ...]
    suspects: tuple[RowLinkage, ...]
    """Rows of processed uploads that did not link, or may be the ones that did not."""
    withheld: tuple[Withheld, ...]
    """Conversions that are not sent now, and those that expired for good."""
    outcomes: dict[str, Counter[str]]
    """Event kind → how its events ended."""
    fraud_gate: FraudGate
    next_upload: datetime | None = None
    """When ``upload-conversions`` runs next; ``None`` where its schedule is not known."""


def read_loop(
    store: Store, policy: Policy, now: datetime, by: Grouping = Grouping.SOURCE, schedule: str | None = None
) -> Loop:
    """Read the whole store once and sum it up; ``schedule`` is the cron of ``upload-conversions``, if it is known."""
    leads = [Lead.of(document) for document in every_document(store, queries.leads_in_order())]
    uploads = [Upload.of(document) for document in every_document(store, queries.uploads_in_order())]
    rows = tuple(_rows(leads, {upload.token: upload for upload in uploads}))
    choices = [choice for page in Selection(policy, now).pages(store) for choice in page]
    waiting = Counter(one.claim.goal for choice in choices for one in choice.sendable)
    withheld = tuple(one for choice in choices for one in choice.withheld)
    withheld += tuple(expired for lead in leads for expired in _expired(lead))
    return Loop(
        now=now,
        time_zone=policy.site.time_zone,
        funnel=funnel(policy, leads, now, by),
        goals=tuple(_goal_line(goal, rows, waiting[goal], withheld) for goal in policy.goals),
        uploads=tuple(upload for upload in uploads if upload.state is not State.SPLIT),
        rows=rows,
        suspects=tuple(suspect for upload in uploads for suspect in suspects(store, policy, upload)),
        withheld=withheld,
        outcomes={kind: _outcomes(store, kind) for kind in _kinds(policy)},
        fraud_gate=fraud_gate(policy, leads, now),
        next_upload=first_after(schedule, now) if schedule is not None else None,
    )


def _kinds(policy: Policy) -> tuple[str, ...]:
    """The kinds of events that may have come."""
    return ("submission", "hint", "verdict") if policy.fraud.providers else ("submission", "hint")


def _rows(leads: list[Lead], uploads: dict[str, Upload]) -> Iterator[RowFate]:
    for lead in leads:
        for claim in lead.claims.values():
            yield RowFate(lead, claim, _leaf(claim, uploads))


def _leaf(claim: Claim, uploads: dict[str, Upload]) -> Upload | None:
    upload = uploads.get(claim.token or "")
    while upload is not None and upload.state is State.SPLIT:
        upload = uploads.get(upload.half_with(claim.index))
    return upload


def _expired(lead: Lead) -> Iterator[Withheld]:
    for one in lead.expired.values():
        yield Withheld(lead.id, one.goal, Outcome.EXPIRED, Verdict(False, one.rule, one.reason), deadline=one.at)


def _goal_line(goal: str, rows: tuple[RowFate, ...], waiting: int, withheld: tuple[Withheld, ...]) -> GoalLine:
    states = [row.upload.state if row.upload else None for row in rows if row.claim.goal == goal]
    taken = sum(state in TAKEN or state is State.TERMINAL for state in states)
    refused = sum(state is State.REFUSED for state in states)
    reasons = Counter(one.verdict.rule for one in withheld if one.goal == goal)
    return GoalLine(goal, len(states), taken, len(states) - taken - refused, refused, waiting, reasons)


def _outcomes(store: Store, kind: str) -> Counter[str]:
    return Counter(str(document.fields["outcome"]) for document in every_document(store, queries.outcomes_of(kind)))
