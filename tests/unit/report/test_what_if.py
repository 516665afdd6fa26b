"""Two policies side by side count what sales made of leads as the report of each would."""

from __future__ import annotations

from leadloop.leads.lead import Lead
from leadloop.leads.population import assess_all
from leadloop.leads.quality import Standing
from leadloop.policy import Policy
from leadloop.report.funnel import funnel
from leadloop.report.what_if import Comparison, compare
from support.lead_facts import PHONE, after, entered, lead_of, linked, submitted
from support.policies import LOST, QUALIFIED, sokol
from support.sales import RENT, SPAM, UNKNOWN_REASON, judging, shown
from support.settable_clock import MORNING
from unit.report.test_standings import CAST, NOW, POLICY, came

FIRST, AGAIN = (
    lead_of(submitted(after(hours=3), "lida", keys=[PHONE]), lead_id="lida"),
    lead_of(submitted(after(hours=9), "mara", keys=[PHONE]), lead_id="mara"),
)
TOUCHED = came("nina", shown("budget"), entered(QUALIFIED, after(hours=2))).model_copy(
    update={"ownership": {f"amocrm-lead-{ord('n')}": False}}
)
LEADS = (*CAST, FIRST, AGAIN, TOUCHED)


def compared(now: Policy, then: Policy) -> Comparison:
    return compare(now, then, LEADS, MORNING, after(days=9), NOW)


def reported(policy: Policy) -> dict[str, int]:
    """What the report counts over all its lines."""
    leads: list[Lead] = list(assess_all(policy, LEADS).values())
    qualities = [line.quality for line in funnel(policy, leads, NOW).lines]
    counts = {f"quality {one.value}": sum(quality.counts[one] for quality in qualities) for one in Standing}
    counts["quality another's"] = sum(quality.anothers for quality in qualities)
    counts["quality overdue"] = sum(quality.overdue for quality in qualities)
    return counts


def test_quality_is_counted_as_the_report_counts_it() -> None:
    patient = judging(deadline="30d")
    told = compared(POLICY, patient)
    for policy, counts in ((POLICY, told.before), (patient, told.after)):
        assert {name: counts[name] for name in reported(policy)} == reported(policy)
    assert told.before["quality another's"] == 2
    assert (told.before["quality overdue"], told.after["quality overdue"]) == (2, 0)


def test_a_lead_whose_decision_is_overdue_no_more_fares_otherwise() -> None:
    assert compared(POLICY, judging(deadline="30d")).changed.keys() == {"ivan", "lida"}


def test_where_nobody_is_judged_nobody_is_anothers() -> None:
    told = compared(sokol(), POLICY)
    assert told.before["quality not judged"] == len(LEADS)
    assert told.before["quality another's"] == 0


def test_a_reason_that_begins_to_suppress_takes_the_goal_from_all_others() -> None:
    goals: dict[str, object] = {"lead_bad": {"on": "disqualified"}}
    lost = [
        lead_of(submitted(lead_id=reason), linked(reason), entered(LOST, after(hours=1), reason), said, lead_id=reason)
        for reason in (SPAM, RENT, UNKNOWN_REASON)
        for said in (shown(at=after(hours=1), deal=reason, loss_reason=reason),)
    ]
    everybody, spam = judging(goals=goals, suppressing=()), judging(goals=goals)
    told = compare(everybody, spam, lost, MORNING, after(days=9), NOW)
    assert (told.before["goal lead_bad"], told.after["goal lead_bad"]) == (3, 1)
    assert told.changed.keys() == {RENT, UNKNOWN_REASON}
