"""What sales made of a lead: qualified, incomplete, lost, or not decided yet; and what stays when it changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.facts import Fact
from leadloop.leads.quality import NOT_JUDGED, Decision, Quality, Standing
from leadloop.policy import Policy
from support.lead_facts import UNMAPPED, after, any_facts, entered, lead_of, linked, lost, state_of, submitted
from support.policies import LOST, MEETING, NEW, QUALIFIED, WON, sokol
from support.sales import (
    BOT,
    PETROV,
    RENT,
    SECOND_PIPELINE,
    SECOND_QUALIFIED,
    SPAM,
    UNKNOWN_REASON,
    judging,
    shown,
)
from support.settable_clock import MORNING

WARM = judging()
FIRST, SECOND = "amocrm-lead-1", "amocrm-lead-2"
ALL = ("location", "budget")


def judged(*facts: Fact, policy: Policy = WARM) -> Quality:
    """Of a lead that came in the morning and whose deal is the first."""
    return state_of(submitted(), linked(), *facts, policy=policy).quality


def hours(count: int) -> datetime:
    return after(hours=count)


class Case(NamedTuple):
    """A deal's story, how the lead stands at its end, and since which hour."""

    story: Sequence[Fact]
    standing: Standing
    at: int | None
    qualified_at: int | None = None
    missing: tuple[str, ...] = ()


WARM_STORIES = {
    "nothing has happened": Case([entered(NEW)], Standing.PENDING, None),
    "fields alone decide nothing": Case([shown(*ALL, at=hours(1))], Standing.PENDING, None),
    "fields were there at the stage": Case(
        [shown(*ALL, at=hours(1)), entered(QUALIFIED, hours(2))], Standing.QUALIFIED, 2, 2
    ),
    "fields came after the stage": Case(
        [entered(QUALIFIED, hours(2)), shown("location", at=hours(3)), shown(*ALL, at=hours(5))],
        Standing.QUALIFIED,
        5,
        5,
    ),
    "the stage without fields": Case(
        [entered(QUALIFIED, hours(2))], Standing.QUALIFIED_INCOMPLETE, 2, missing=("location", "budget")
    ),
    "the stage with one field": Case(
        [entered(QUALIFIED, hours(2)), shown("location", "family", at=hours(3))],
        Standing.QUALIFIED_INCOMPLETE,
        2,
        missing=("budget",),
    ),
    "incomplete since the first time it was there": Case(
        [entered(QUALIFIED, hours(2)), entered(NEW, hours(3)), entered(QUALIFIED, hours(4))],
        Standing.QUALIFIED_INCOMPLETE,
        2,
        missing=("location", "budget"),
    ),
    "a field emptied before the stage": Case(
        [shown(*ALL, at=hours(1)), shown("budget", at=hours(2)), entered(QUALIFIED, hours(3))],
        Standing.QUALIFIED_INCOMPLETE,
        3,
        missing=("location",),
    ),
    "a field emptied afterwards": Case(
        [shown(*ALL, at=hours(1)), entered(QUALIFIED, hours(2)), shown(at=hours(3))], Standing.QUALIFIED, 2, 2
    ),
    "moved back": Case(
        [shown(*ALL, at=hours(1)), entered(QUALIFIED, hours(2)), entered(NEW, hours(3))], Standing.QUALIFIED, 2, 2
    ),
    "went on": Case(
        [shown(*ALL, at=hours(1)), entered(QUALIFIED, hours(2)), entered(MEETING, hours(3))], Standing.QUALIFIED, 2, 2
    ),
    "lost after all": Case(
        [shown(*ALL, at=hours(1)), entered(QUALIFIED, hours(2)), entered(LOST, hours(9))], Standing.DISQUALIFIED, 9, 2
    ),
    "lost and reopened": Case([entered(LOST, hours(2)), entered(NEW, hours(4))], Standing.PENDING, None),
    "reopened into a status that has no stage": Case(
        [entered(LOST, hours(2)), entered(UNMAPPED, hours(4))], Standing.PENDING, None
    ),
    "qualified, lost and reopened": Case(
        [shown(*ALL, at=hours(1)), entered(QUALIFIED, hours(2)), entered(LOST, hours(3)), entered(NEW, hours(4))],
        Standing.QUALIFIED,
        2,
        2,
    ),
    "sold, lost, sold": Case(
        [
            shown(*ALL, at=hours(1)),
            *(entered(QUALIFIED, hours(2)), entered(WON, hours(3)), entered(LOST, hours(4)), entered(WON, hours(5))),
        ],
        Standing.QUALIFIED,
        2,
        2,
    ),
    "lost, reopened, lost: the last time counts": Case(
        [entered(LOST, hours(2)), entered(NEW, hours(3)), entered(LOST, hours(4))], Standing.DISQUALIFIED, 4
    ),
    "lost in another pipeline: it was lost already": Case(
        [entered(LOST, hours(2)), entered(LOST, hours(4), exact=False)], Standing.DISQUALIFIED, 2
    ),
    "fields of a lost deal qualify nobody": Case(
        [entered(QUALIFIED, hours(2)), entered(LOST, hours(3)), shown(*ALL, at=hours(4))], Standing.DISQUALIFIED, 3
    ),
    "but reopened it is qualified at once": Case(
        [
            *(entered(QUALIFIED, hours(2)), entered(LOST, hours(3)), shown(*ALL, at=hours(4))),
            entered(NEW, hours(6)),
        ],
        Standing.QUALIFIED,
        6,
        6,
    ),
    "skipped the stage": Case([shown(*ALL, at=hours(1)), entered(WON, hours(2))], Standing.PENDING, None),
}


@pytest.mark.parametrize("case", WARM_STORIES.values(), ids=list(WARM_STORIES))
def test_a_warm_lead(case: Case) -> None:
    found = judged(*case.story)
    assert (found.standing, found.missing) == (case.standing, case.missing)
    assert found.at == (None if case.at is None else hours(case.at))
    assert found.qualified == (None if case.qualified_at is None else Decision(hours(case.qualified_at), FIRST))
    assert found.disqualified == (
        Decision(hours(case.at), FIRST) if case.standing is Standing.DISQUALIFIED and case.at else None
    )


class TestTwoDeals:
    """A person's second deal, and deals that were joined."""

    def test_the_present_deal_is_the_last_one_linked(self) -> None:
        found = judged(linked("2", at=hours(1)), entered(NEW, hours(1), "2"), entered(LOST, hours(2), "1"))
        assert found.standing is Standing.PENDING

    def test_what_the_first_deal_was_qualified_for_stays(self) -> None:
        first = (shown(*ALL), entered(QUALIFIED, hours(1)), entered(LOST, hours(2)))
        found = judged(*first, linked("2", at=hours(3)), entered(NEW, hours(3), "2"))
        assert (found.standing, found.qualified) == (Standing.QUALIFIED, Decision(hours(1), FIRST))

    def test_fields_of_one_deal_do_not_fill_another(self) -> None:
        found = judged(entered(QUALIFIED, hours(1)), linked("2", at=hours(2)), shown(*ALL, at=hours(3), deal="2"))
        assert (found.standing, found.missing) == (Standing.QUALIFIED_INCOMPLETE, ("location", "budget"))

    def test_nor_does_a_second_deal_revive_the_stage_of_a_lost_one(self) -> None:
        lost_one = (entered(QUALIFIED, hours(1)), entered(LOST, hours(2)))
        found = judged(*lost_one, linked("2", at=hours(3)), shown(*ALL, at=hours(4), deal="2"))
        assert (found.standing, found.qualified) == (Standing.PENDING, None)

    def test_a_second_pipeline_qualifies_as_the_first_does(self) -> None:
        moved = entered(SECOND_QUALIFIED, hours(2))
        moved = moved.model_copy(update={"values": {**moved.values, "pipeline_id": SECOND_PIPELINE}})
        assert judged(shown(*ALL), moved).qualified == Decision(hours(2), FIRST)

    def test_a_stage_goes_on_in_the_deal_it_was_merged_into(self) -> None:
        merge = (linked("2", "merge", hours(3)), lost("1", "merged", "2", hours(3)))
        found = judged(entered(QUALIFIED, hours(1)), *merge, shown(*ALL, at=hours(4), deal="2"))
        assert (found.standing, found.qualified) == (Standing.QUALIFIED, Decision(hours(4), FIRST))

    def test_a_deal_merged_into_a_lost_one_is_lost(self) -> None:
        merge = (linked("2", "merge", hours(3)), lost("1", "merged", "2", hours(3)))
        found = judged(entered(QUALIFIED, hours(1)), *merge, entered(LOST, hours(5), "2"))
        assert (found.standing, found.disqualified) == (Standing.DISQUALIFIED, Decision(hours(5), SECOND))

    def test_a_lost_deal_that_was_merged_away_says_nothing_any_more(self) -> None:
        merge = (linked("2", "merge", hours(3)), lost("1", "merged", "2", hours(3)))
        assert judged(entered(LOST, hours(1)), *merge).standing is Standing.PENDING

    def test_when_the_second_deal_is_thrown_away_the_first_is_the_present_one_again(self) -> None:
        second = (linked("2", at=hours(1)), entered(NEW, hours(1), "2"), lost("2", at=hours(2)))
        assert judged(*second, entered(LOST, hours(3), "1")).disqualified == Decision(hours(3), FIRST)

    def test_nobody_can_decide_about_a_deal_that_was_deleted(self) -> None:
        found = judged(entered(NEW), lost(at=hours(1)))
        assert (found.standing, found.verdict.rule, found.due_at) == (Standing.PENDING, "quality.deal_gone", None)


class TestProfiles:
    def test_a_cold_lead_is_qualified_by_the_stage_alone(self) -> None:
        assert judged(entered(QUALIFIED, hours(1)), policy=judging("cold")).qualified == Decision(hours(1), FIRST)

    def test_an_own_profile_asks_for_what_it_lists(self) -> None:
        own = judging("own", required=["family"])
        assert judged(shown(*ALL), entered(QUALIFIED, hours(1)), policy=own).missing == ("family",)
        assert judged(shown("family"), entered(QUALIFIED, hours(1)), policy=own).standing is Standing.QUALIFIED

    def test_a_stage_of_ones_own(self) -> None:
        at_meeting = judging("cold", stage="meeting")
        assert judged(entered(QUALIFIED, hours(1)), policy=at_meeting).standing is Standing.PENDING
        assert judged(entered(MEETING, hours(2)), policy=at_meeting).standing is Standing.QUALIFIED

    def test_a_later_stage_counts_for_one_that_was_skipped(self) -> None:
        skipping = judging("cold", later=["meeting", "sold"])
        assert judged(entered(WON, hours(2)), policy=skipping).qualified == Decision(hours(2), FIRST)
        both = (entered(QUALIFIED, hours(1)), entered(WON, hours(2)))
        assert judged(*both, policy=skipping).qualified == Decision(hours(1), FIRST)

    def test_without_profile_and_reasons_nobody_is_judged(self) -> None:
        for facts in ((), (shown(*ALL), entered(QUALIFIED)), (entered(QUALIFIED), entered(LOST, hours(1)))):
            found = judged(*facts, policy=sokol())
            assert (found, found.answer) == (NOT_JUDGED, "not judged")
            assert found.verdict.rule == "quality.not_judged"

    def test_reasons_alone_judge_the_lost(self) -> None:
        found = judged(entered(QUALIFIED, hours(1)), policy=judging(None))
        assert (found.standing, found.due_at, found.answer) == (Standing.PENDING, None, "pending")
        assert found.verdict.reason == "not lost; without a qualification.profile nobody is qualified"
        assert judged(entered(LOST, hours(1)), policy=judging(None)).standing is Standing.DISQUALIFIED


class TestReasons:
    @pytest.mark.parametrize(
        ("loss_reason", "name", "rule"),
        [
            (SPAM, "spam", "quality.disqualified"),
            (RENT, "wants_to_rent", "quality.disqualified"),
            (BOT, "bot", "quality.disqualified"),
            (UNKNOWN_REASON, "unmapped", "quality.reason_unmapped"),
            (None, "missing", "quality.reason_missing"),
        ],
    )
    def test_the_crms_reason_is_named_as_the_policy_does(self, loss_reason: str | None, name: str, rule: str) -> None:
        found = judged(entered(LOST, hours(1)), shown(at=hours(1), loss_reason=loss_reason))
        assert (found.standing, found.reason, found.verdict.rule) == (Standing.DISQUALIFIED, name, rule)

    def test_a_deal_that_was_never_read_has_none(self) -> None:
        assert judged(entered(LOST, hours(1))).reason == "missing"

    def test_a_reason_without_the_stage_decides_nothing(self) -> None:
        found = judged(entered(NEW), shown(loss_reason=SPAM))
        assert (found.standing, found.reason) == (Standing.PENDING, "")

    def test_a_reason_that_comes_later_is_taken(self) -> None:
        story = (entered(LOST, hours(1)), shown(at=hours(1)), shown(at=hours(3), loss_reason=SPAM))
        assert (judged(*story).reason, judged(*story).at) == ("spam", hours(1))

    def test_stages_of_ones_own_mean_lost(self) -> None:
        policy = sokol(disqualification={"stages": ["meeting"]}, qualification={"profile": "cold"})
        assert judged(entered(MEETING, hours(1)), policy=policy).standing is Standing.DISQUALIFIED
        assert judged(entered(LOST, hours(1)), policy=policy).standing is Standing.PENDING


class TestTime:
    def test_a_decision_is_due_after_the_deadline_and_not_a_moment_earlier(self) -> None:
        found = judged(entered(NEW), policy=judging(deadline="4h"))
        assert found.due_at == hours(4)
        assert not found.is_overdue(hours(4))
        assert found.is_overdue(hours(4) + timedelta(microseconds=1))

    @pytest.mark.parametrize("decision", [entered(QUALIFIED, hours(99)), entered(LOST, hours(99))])
    def test_what_is_decided_late_is_overdue_no_more(self, decision: Fact) -> None:
        assert not judged(decision).is_overdue(hours(100))

    def test_time_to_qualify_runs_from_the_lead(self) -> None:
        found = judged(shown(*ALL), entered(QUALIFIED, hours(5)))
        assert found.time_to_qualify(MORNING) == timedelta(hours=5)
        assert judged(entered(NEW)).time_to_qualify(MORNING) is None

    def test_who_works_on_it_now_is_told(self) -> None:
        assert judged(shown(), shown(at=hours(1), responsible=PETROV)).responsible == PETROV
        assert judged(entered(NEW)).responsible is None


_HOURS = st.integers(0, 6).map(hours)
_SALES = st.one_of(
    st.builds(entered, st.sampled_from([NEW, QUALIFIED, MEETING, WON, LOST]), _HOURS, st.sampled_from("12")),
    st.builds(
        lambda filled, at, deal, reason: shown(*filled, at=at, deal=deal, loss_reason=reason),
        st.sets(st.sampled_from(["location", "budget"])),
        _HOURS,
        st.sampled_from("12"),
        st.sampled_from([None, SPAM, UNKNOWN_REASON]),
    ),
)


@given(st.data())
def test_the_order_in_which_facts_arrive_decides_nothing(data: st.DataObject) -> None:
    facts = data.draw(any_facts(6)) + data.draw(st.lists(_SALES, max_size=10))
    sorted_once = lead_of(*facts).state(WARM)
    one_by_one = lead_of()
    for fact in data.draw(st.permutations(facts)):
        one_by_one = one_by_one.with_facts((fact,))
    assert one_by_one.state(WARM).quality == sorted_once.quality


@given(st.lists(_SALES, max_size=10), st.lists(_SALES, max_size=4))
def test_who_was_qualified_stays_so_whatever_comes_later(before: list[Fact], later: list[Fact]) -> None:
    tomorrow = [fact.model_copy(update={"occurred_at": fact.occurred_at + timedelta(days=1)}) for fact in later]
    renamed = [fact.model_copy(update={"id": f"{fact.id}-later"}) for fact in tomorrow]
    qualified = judged(*before).qualified
    if qualified is not None:
        assert judged(*before, *renamed).qualified == qualified
