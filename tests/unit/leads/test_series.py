"""One goal of a series, counted once: by whom, whatever was read first and whoever claimed it."""

from __future__ import annotations

from datetime import datetime
from itertools import permutations

import pytest

from leadloop.facts import Fact
from leadloop.leads.kin import Kin, assess
from leadloop.leads.lead import Claim, Lead
from support.lead_facts import ANNA, BORIS, POLICY, after, entered, lead_of, linked, submitted
from support.policies import QUALIFIED, WON
from support.settable_clock import MORNING

PERSON = "phone-k1-n1-anna"
KEYS: list[dict[str, str]] = [{"kind": "phone", "key_id": "k1", "normaliser": "n1", "hmac": "anna"}]
CLAIM = Claim(
    goal="flat_sold",
    identifier_kind="ClientId",
    identifier=ANNA,
    target="flat_sold",
    date_time=0,
    price=None,
    currency=None,
    deadline="",
    crm_ref=None,
    row="",
)


def form(lead_id: str, at: datetime, client_id: str | None = ANNA, *facts: Fact) -> Lead:
    ids = {"client_id": client_id} if client_id else {}
    return lead_of(submitted(at, lead_id, ids=ids, keys=KEYS), *facts, lead_id=lead_id)


def deal(number: str, **reached: datetime) -> list[Fact]:
    statuses = {"qualified": QUALIFIED, "sold": WON}
    moves = [entered(statuses[stage], at, number) for stage, at in reached.items()]
    return [linked(number, at=after(days=3)), *moves]


def goals(*leads: Lead) -> dict[str, set[str]]:
    """By lead the goals it is to send; the same in whichever order the leads are judged."""
    found = []
    for ordered in permutations(leads):
        kin = [one for lead in ordered if (one := Kin.of(POLICY, lead)) is not None]
        told = assess(POLICY, PERSON, frozenset({PERSON}), kin, frozenset())
        found.append({id_: {*lead.pending(POLICY)} for id_, lead in sorted(told.items())})
    assert all(one == found[0] for one in found)
    return found[0]


def claimed(lead: Lead) -> Lead:
    return lead.model_copy(update={"claims": {"flat_sold": CLAIM}})


SECOND, THIRD = after(days=3), after(days=5)


def test_the_deal_of_a_duplicate_counts_where_the_first_lead_has_none() -> None:
    sold = form("second", SECOND, ANNA, *deal("2", qualified=after(days=4), sold=after(days=5)))
    assert goals(form("first", MORNING), sold) == {
        "first": {"lead_received"},
        "second": {"lead_qualified", "flat_sold"},
    }


def test_what_both_come_to_the_first_counts_and_each_goal_is_counted_by_one() -> None:
    first = form("first", MORNING, ANNA, *deal("1", qualified=after(days=9)))
    second = form("second", SECOND, ANNA, *deal("2", qualified=after(days=4), sold=after(days=5)))
    third = form("third", THIRD, ANNA, *deal("3", sold=after(days=6)))
    assert goals(first, second, third) == {
        "first": {"lead_received", "lead_qualified"},
        "second": {"flat_sold"},
        "third": set(),
    }


def test_what_a_duplicate_claimed_a_later_deal_of_the_first_does_not_count_again() -> None:
    first = form("first", MORNING, ANNA, *deal("1", qualified=after(days=9), sold=after(days=10)))
    second = claimed(form("second", SECOND, ANNA, *deal("2", sold=after(days=5))))
    assert goals(first, second) == {"first": {"lead_received", "lead_qualified"}, "second": set()}


def test_what_the_first_claimed_no_duplicate_counts_again() -> None:
    first = claimed(form("first", MORNING))
    second = form("second", SECOND, ANNA, *deal("2", sold=after(days=5)))
    assert goals(first, second) == {"first": {"lead_received"}, "second": set()}


def test_a_first_lead_that_nobody_can_send_leaves_it_to_the_duplicate() -> None:
    first = form("first", MORNING, None, *deal("1", sold=after(days=4)))
    second = form("second", SECOND, BORIS, *deal("2", sold=after(days=5)))
    assert goals(first, second)["second"] == {"flat_sold"}


def test_a_touch_of_a_deal_counts_nothing_of_it() -> None:
    facts = deal("2", sold=after(days=5))
    owner = form("second", SECOND, ANNA, *facts)
    touch = form("first", MORNING, ANNA, *facts).model_copy(update={"ownership": {"amocrm-lead-2": False}})
    assert goals(touch, owner) == {"first": {"lead_received"}, "second": {"flat_sold"}}


@pytest.mark.parametrize("minutes", [20, 59])
def test_a_repeat_within_the_hour_counts_its_own_deal(minutes: int) -> None:
    first = form("first", MORNING, ANNA, *deal("1", sold=after(days=4)))
    again = form("second", after(minutes=minutes), ANNA, *deal("2", sold=after(days=5)))
    assert goals(first, again) == {"first": {"lead_received", "flat_sold"}, "second": {"flat_sold"}}
