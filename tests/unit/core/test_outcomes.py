"""How an event ended: one document under the event's own id, with rule and reason, for ninety days."""

from leadloop.outcomes import Outcome, outcome, outcome_key
from leadloop.ports.store import Create
from leadloop.verdict import Verdict
from support.settable_clock import MORNING


def test_an_outcome_tells_rule_reason_and_whom_it_is_about() -> None:
    verdict = Verdict(False, "submission.unreadable", "broken JSON")
    assert outcome("e-1", "submission", Outcome.QUARANTINED, verdict, MORNING, about="anna") == Create(
        outcome_key("e-1"),
        {
            "kind": "submission",
            "outcome": "quarantined",
            "rule": "submission.unreadable",
            "reason": "broken JSON",
            "about": "anna",
            "at": "2026-09-01T09:00:00.000000Z",
            "expires_at": "2026-11-30T09:00:00.000000Z",
        },
    )


def test_the_ways_to_end_are_those_the_reports_add_up() -> None:
    assert {one.value for one in Outcome} == {"applied", "duplicate", "held", "expired", "quarantined"}
