"""Whose source a series counts for: in the report, in the daily totals and in what-if, whichever came first."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import permutations

import pytest

from leadloop.leads.family import matters_to_others
from leadloop.leads.lead import Lead
from leadloop.ports.store import Query
from leadloop.report.funnel import Grouping, funnel
from leadloop.report.sources import counted_labels
from leadloop.report.what_if import compare
from support.lead_facts import after, entered, lead_of, linked, submitted
from support.policies import WON, sokol
from support.settable_clock import MORNING
from unit.leads.test_family import DAY, Register, sent

HOUR = timedelta(hours=1)
SOLD = (linked("1"), entered(WON, MORNING + 3 * DAY))


def tagged(source: str) -> dict[str, str]:
    return {"utm_source": source}


ANNAS = (
    sent("a1", MORNING, "phone-anna", utm=tagged("alpha")),
    sent("a2", MORNING + DAY, "phone-anna", utm=tagged("beta")),
    sent("a3", MORNING + 2 * DAY, "phone-anna", utm=tagged("gamma")),
)
BORIS = sent("b1", MORNING, "phone-boris", utm=tagged("beta"))


def leads_of(desk: Register) -> list[Lead]:
    return [Lead.of(one) for one in desk.store.query(Query("lead")).documents]


def lines(desk: Register) -> dict[str, tuple[int, int, int]]:
    """By source leads, duplicates among them, and sales, as the report tells them."""
    found = funnel(desk.policy, leads_of(desk), after(days=9)).lines
    return {line.name: (line.leads, line.duplicates, line.stages["sold"]) for line in found}


def totals(desk: Register) -> dict[str, tuple[int, int]]:
    """By source leads and sales, as the daily totals add up to."""
    leads, sales = Counter[str](), Counter[str]()
    for one in desk.store.query(Query("daily_total")).documents:
        source, stages = str(one.fields["source"]), one.fields.get("stages")
        counted = one.fields.get("leads")
        leads[source] += counted if isinstance(counted, int) else 0
        sales[source] += int(str(stages.get("sold", 0))) if isinstance(stages, dict) else 0
    return {source: (count, sales[source]) for source, count in leads.items() if count}


@pytest.mark.parametrize(("credit", "keeper"), [("first", "alpha"), ("last", "gamma")])
def test_a_series_counts_for_the_source_that_keeps_its_credit_in_any_order(credit: str, keeper: str) -> None:
    for order in permutations([*ANNAS, BORIS]):
        desk = Register(credit=credit).take(*order)
        desk.tell("a2", *SOLD)
        assert lines(desk) == {keeper: (3, 2, 1), "beta": (1, 0, 0)}
        assert totals(desk) == {keeper: (3, 1), "beta": (1, 0)}
        assert counted_labels(desk.store) == {keeper: 1, "beta": 1}


def test_a_sale_stays_with_whoever_won_the_client() -> None:
    """The last of a series keeps the credit, but not one who was a client by then."""
    again = sent("a2", MORNING + 5 * DAY, "phone-anna", utm=tagged("beta"))
    desk = Register(credit="last", clients={"stages": ["sold"]}).take(ANNAS[0])
    desk.tell("a1", *SOLD)
    desk.take(again)
    assert lines(desk) == {"alpha": (1, 0, 1), "beta": (1, 0, 0)}


def test_tags_that_nobody_knows_are_one_counter_of_the_total() -> None:
    """A document is finite, and a stranger may invent a tag for every form."""
    known = sokol(sources={"dictionary": {"beta": {}}})
    tags = ["beta", *(f"tag{n}" for n in range(3))]
    later = [sent(f"x{n}", MORNING + (n + 2) * HOUR, "phone-anna", utm=tagged(tag)) for n, tag in enumerate(tags)]
    desk = Register(policy=known).take(ANNAS[0], *later)
    [total] = [one for one in desk.store.query(Query("daily_total")).documents if one.fields.get("came_as")]
    assert total.fields["came_as"] == {"beta": 1, "_strange": 3}
    assert counted_labels(desk.store) == {"alpha": 1, "beta": 1}


def test_the_series_counts_by_channel_as_by_source() -> None:
    entries = {"alpha": {"names": ["alpha"], "channel": "social"}, "beta": {"names": ["beta"], "channel": "search"}}
    desk = Register(policy=sokol(sources={"dictionary": entries})).take(*ANNAS[:2])
    by_channel = funnel(desk.policy, leads_of(desk), after(days=9), Grouping.CHANNEL).lines
    assert [(line.name, line.leads) for line in by_channel] == [("social", 2)]


def test_a_lead_of_no_series_and_one_after_its_window_count_for_themselves() -> None:
    late = sent("late", MORNING + 200 * DAY, "phone-anna", utm=tagged("beta"))
    assert lines(Register(credit="last").take(ANNAS[0], late)) == {"alpha": (1, 0, 0), "beta": (1, 0, 0)}


def test_what_if_tells_the_other_credit_before_it_is_switched_on() -> None:
    first, last = Register(credit="first").take(*ANNAS), Register(credit="last")
    told = compare(first.policy, last.policy, leads_of(first), MORNING, MORNING + 9 * DAY, MORNING + 9 * DAY)
    assert {name: told.before[f"source {name}"] for name in ("alpha", "gamma")} == {"alpha": 3, "gamma": 0}
    assert {name: told.after[f"source {name}"] for name in ("alpha", "gamma")} == {"alpha": 0, "gamma": 3}


def test_it_costs_no_write_more_than_a_duplicate_of_one_source() -> None:
    spent = []
    for source in ("alpha", "beta"):
        desk = Register().take(ANNAS[0])
        before = desk.store.usage.writes
        desk.take(sent("a2", MORNING + DAY, "phone-anna", utm=tagged(source)))
        spent.append(desk.store.usage.writes - before)
    assert spent == [5, 5]  # lead, the one it repeats (which learns that it is in a series), key, total, outcome


def test_a_source_that_is_learnt_later_is_news_for_the_series() -> None:
    untold = lead_of(submitted())
    again = submitted(MORNING + timedelta(minutes=5), utm=tagged("alpha"))
    assert untold.with_facts((again,)).state(sokol()).source.label != untold.state(sokol()).source.label
    assert matters_to_others(sokol(), untold, untold.with_facts((again,)))
