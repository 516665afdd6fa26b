"""A set of facts: sorted, joined by id, never more than it may hold."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.facts import (
    FIRST_TOUCHES,
    MAX_FACTS,
    MAX_VERDICTS,
    MAX_VISITS,
    NEWEST_TOUCHES,
    Fact,
    FactKind,
    Feed,
    TooManyFacts,
    join,
    union,
)
from leadloop.leads import facts_of
from support.lead_facts import ANNA, BORIS, after, any_facts, entered, joined, linked, priced, submitted, visited
from support.policies import QUALIFIED
from support.settable_clock import MORNING
from unit.leads.test_fraud import said


@given(any_facts(), st.data())
def test_order_and_repetition_of_arrival_decide_nothing(facts: list[Fact], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(facts), max_size=5)) if facts else []
    arriving = data.draw(st.permutations([*facts, *again]))
    held: tuple[Fact, ...] = ()
    for fact in arriving:
        held = join(held, (fact,))
    assert held == joined(facts)
    assert join(held, facts) == held


@given(any_facts())
def test_facts_stand_in_order_and_once(facts: list[Fact]) -> None:
    held = joined(facts)
    assert [fact.order for fact in held] == sorted(fact.order for fact in held)
    assert {fact.id for fact in held} == {fact.id for fact in facts}
    assert len(held) == len({fact.id for fact in held})


def test_of_two_facts_with_one_id_the_earlier_stays() -> None:
    first, again = submitted(MORNING), submitted(after(minutes=1))
    assert first.id == again.id
    assert joined([first, again]) == joined([again, first]) == (first,)


def test_of_two_simultaneous_facts_with_one_id_always_the_same_stays() -> None:
    sealed = [submitted(contact_sealed=text) for text in ("sealed-once", "sealed-again")]
    assert joined(sealed) == joined(sealed[::-1])


def test_simultaneous_facts_are_believed_by_feed() -> None:
    site, crm = submitted(MORNING), entered(QUALIFIED, MORNING)
    operator = Fact(id="0", kind=FactKind.CRM_LINKED, occurred_at=MORNING, feed=Feed.OPERATOR, values={})
    assert joined([operator, crm, site]) == (site, crm, operator)


def test_a_lead_holds_so_many_facts_and_no_more() -> None:
    full = joined([priced(amount) for amount in range(MAX_FACTS)])
    with pytest.raises(TooManyFacts, match=f"has {MAX_FACTS} and was offered 1 new"):
        join(full, [linked()])
    with pytest.raises(TooManyFacts, match="has 0 and was offered 501 new"):
        joined([*full, linked()])


def test_a_full_lead_still_takes_what_it_knows() -> None:
    full = joined([priced(amount, after(hours=1)) for amount in range(MAX_FACTS)])
    assert join(full, full[:3]) == full


class TestVisits:
    def test_a_day_is_one_visit_and_its_first_moment_stays(self) -> None:
        first, later = visited(after(hours=1)), visited(after(hours=2))
        assert joined([later, first]) == joined([first, later]) == (first,)
        assert len(joined([first, visited(after(days=1)), visited(client_id=BORIS)])) == 3

    def test_of_more_than_a_lead_holds_the_newest_stay_in_any_order(self) -> None:
        days = range(MAX_VISITS + 30)
        visits = [visited(after(days=day, hours=hours)) for day in days for hours in (3, 1)]
        newest = tuple(visited(after(days=day, hours=1)) for day in days[-MAX_VISITS:])
        held: tuple[Fact, ...] = ()
        for visit in sorted(visits, key=lambda fact: fact.id):
            held = join(held, (visit,))
        assert held == joined(reversed(visits)) == newest

    def test_those_of_one_client_id_cost_another_no_room(self) -> None:
        days = range(MAX_VISITS + 5)
        held = joined([visited(after(days=day), client_id) for day in days for client_id in (ANNA, BORIS)])
        assert len(held) == 2 * MAX_VISITS

    def test_they_take_no_room_from_the_facts_of_the_lead(self) -> None:
        visits = [visited(after(days=day)) for day in range(MAX_VISITS)]
        full = joined([*visits, *(priced(amount) for amount in range(MAX_FACTS))])
        assert len(full) == MAX_FACTS + MAX_VISITS
        assert joined([*full, visited(after(days=MAX_VISITS))])[-1].kind is FactKind.VISITED
        with pytest.raises(TooManyFacts):
            join(full, [linked()])


_WORDS = st.builds(
    lambda verdict, reason, hours, provider: said(verdict, reason, after(hours=hours), provider),
    st.sampled_from(["fraud", "clean", "unknown"]),
    st.integers(0, MAX_VERDICTS).map("reason {}".format),
    st.integers(0, 200),
    st.sampled_from(["own", "adjust"]),
)


class TestVerdictsOfServices:
    def test_of_words_alike_the_latest_stays_and_of_others_the_newest(self) -> None:
        alike = [said("fraud", "farm", after(hours=hour)) for hour in range(30)]
        others = [said("clean", f"check {hour}", after(days=2, hours=hour)) for hour in range(MAX_VERDICTS + 5)]
        assert joined(alike) == (alike[-1],)
        assert joined([*others[::-1], *alike]) == tuple(others[5:])

    def test_a_service_that_repeats_itself_pushes_out_nothing_that_was_said(self) -> None:
        silence = [said("unknown", at=after(days=day)) for day in range(1, 400)]
        assert joined([said("fraud"), *silence]) == (said("fraud"), silence[-1])

    def test_one_service_costs_another_no_room(self) -> None:
        both = [
            said("fraud", f"r{number}", provider=provider) for number in range(500) for provider in ("own", "adjust")
        ]
        assert len(joined(both)) == 2 * MAX_VERDICTS

    @settings(max_examples=50)
    @given(st.lists(_WORDS, min_size=MAX_VERDICTS, max_size=120), st.randoms(use_true_random=False))
    def test_the_order_of_arrival_decides_nothing(self, words: list[Fact], chance: Random) -> None:
        arriving = list(words)
        chance.shuffle(arriving)
        held: tuple[Fact, ...] = ()
        for word in arriving:
            held = join(held, (word,))
        assert held == joined(words)
        assert join(held, words) == held
        for provider in ("own", "adjust"):
            assert sum(fact.values["provider"] == provider for fact in held) <= MAX_VERDICTS

    @given(st.lists(_WORDS, max_size=60), st.randoms(use_true_random=False))
    def test_what_rests_elsewhere_first_comes_to_the_same(self, words: list[Fact], chance: Random) -> None:
        here = [word for word in words if chance.random() < 0.5]
        there = [word for word in words if word not in here]
        assert union(union((), here), union((), there)) == union((), words)


def touch(number: int, key: str = "phone-k1-n1-anna", tag: str | None = None, client_id: str = ANNA) -> list[Fact]:
    """All that a call tracker tells of the call of an hour."""
    about, at = ("comagic", f"call-{number}"), after(hours=number)
    told = [
        facts_of.contact(*about, "call", at, incoming=True, answered=True),
        facts_of.observed_ids(*about, {}, (key,), at),
        facts_of.observed_ids(*about, {"client_id": client_id}, (), at),
        facts_of.deal_view(*about, {"source": {}, "call_seconds": number}, at),
    ]
    return [*told, facts_of.stage_entry(*about, "tags", tag, after(hours=number + 1), True)] if tag else told


_TOUCHES = st.builds(
    touch,
    st.integers(0, 200),
    st.sampled_from(["phone-k1-n1-anna", "phone-k1-n1-home"]),
    st.sampled_from([None, "101", "103"]),
    st.sampled_from([ANNA, BORIS]),
)


class TestTouches:
    def test_who_calls_all_day_leaves_room_for_the_sale(self) -> None:
        facts = joined([fact for number in range(MAX_FACTS) for fact in touch(number)])
        calls = [fact.occurred_at for fact in facts if fact.kind is FactKind.CONTACTED]
        first, newest = range(FIRST_TOUCHES), range(MAX_FACTS - NEWEST_TOUCHES, MAX_FACTS)
        assert calls == [after(hours=number) for number in (*first, *newest)]
        assert len(facts) == 4 * len(calls)
        assert joined([*facts, linked(), entered(QUALIFIED), priced(5)])

    def test_what_no_other_said_before_stays(self) -> None:
        facts = [fact for number in range(99) for fact in touch(number)]
        odd = touch(50, "phone-k1-n1-home", "101")
        left = {fact.id for fact in joined([*facts, *odd])}
        kinds = {fact.kind for fact in odd if fact.id in left}
        assert kinds == {FactKind.STAGE_ENTERED, FactKind.IDS_OBSERVED}
        assert not {fact.id for fact in touch(51, tag="101")} & {fact.id for fact in joined([*facts, *odd])}

    def test_deals_are_no_touches(self) -> None:
        deals = [linked(str(number), at=after(hours=number)) for number in range(60)]
        calls = [fact for number in range(60) for fact in touch(number)]
        assert sum(fact.kind is FactKind.CRM_LINKED for fact in joined([*deals, *calls])) == 60

    @given(st.lists(_TOUCHES, min_size=25, max_size=60), st.randoms(use_true_random=False))
    def test_the_order_of_arrival_decides_nothing(self, touches: list[list[Fact]], chance: Random) -> None:
        of_each = list({told[0].id: told for told in touches}.values())  # a call says one thing, whenever it is read
        arriving = [*of_each, *of_each[:5]]
        chance.shuffle(arriving)
        held: tuple[Fact, ...] = ()
        for told in arriving:
            held = join(held, told)
        whole = [fact for told in of_each for fact in told]
        assert held == joined(whole)
        assert join(held, whole) == held
        here = [fact for told in of_each[::2] for fact in told]
        there = [fact for told in of_each[1::2] for fact in told]
        assert union(union((), here), union((), there)) == held


@given(any_facts())
def test_a_fact_rests_as_json_and_is_the_same_fact_again(facts: list[Fact]) -> None:
    for fact in facts:
        resting = fact.model_dump(mode="json")
        assert Fact.model_validate(json.loads(json.dumps(resting))) == fact
        assert len(resting["occurred_at"]) == 27
