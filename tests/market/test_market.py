"""A market with known truth: what leadloop says of it, what that costs, and that no order of arrival changes it.

``python -m market --leads 100000`` holds a larger one. The shares are those of a market judged all at once, because a
small one has only one school class and a burst or two; the same is then shown of a store, lead by lead.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any, Literal

import pytest

from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.leads.clearing import clear_totals
from leadloop.policy.duplicates import Duplicates
from market.fair import hold_market
from market.inquiries import Inquiry
from market.intake import Intake, Register
from market.rules import market_policy
from market.table import report
from market.truth import Rule
from market.verdicts import Judged, compare, shares

LEADS, REGISTERED, SHUFFLED = 4000, 600, 150
SEED = 1
READS, WRITES = 30, 6
"""What a form may cost at its registration, on the average of the market."""


@cache
def invented(leads: int) -> list[Inquiry]:
    return hold_market(leads, SEED)


@cache
def taken(leads: int) -> Intake:
    return Intake(invented(leads))


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    return compare(invented(LEADS), taken(LEADS).lead_ids, taken(LEADS).at_once())


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Register:
    """A smaller market in the order in which it happened, on a store on disk."""
    store = SqliteStore(tmp_path_factory.mktemp("market") / "documents.db")
    return Register(store).take(taken(REGISTERED).arrivals)


def test_it_is_a_market_as_people_tell_of_them(judged: list[Judged]) -> None:
    """About 30 % repeats, 10 to 20 % bots, and every lead there once."""
    assert len({taken(LEADS).lead_ids[one.inquiry.name] for one in judged}) == len(judged) >= 0.97 * LEADS
    assert 0.25 < sum(one.truth.repeats is not None for one in judged) / len(judged) < 0.35
    assert 0.1 < sum(one.truth.is_bot for one in judged) / len(judged) < 0.2


def test_sources_are_right(judged: list[Judged]) -> None:
    assert shares(judged).sources >= 0.98, report(judged)


def test_persons_are_right(judged: list[Judged]) -> None:
    assert shares(judged).persons >= 0.99, report(judged)


def test_duplicates_are_right(judged: list[Judged]) -> None:
    assert shares(judged).duplicates >= 0.99, report(judged)


def test_duplicates_of_all_but_clients_are_right(judged: list[Judged]) -> None:
    others = [one for one in judged if one.inquiry.kind != "client"]
    assert shares(others).duplicates >= 0.99, report(others)


@pytest.mark.parametrize("counted_from", ["first", "last"])
@pytest.mark.parametrize("days", [30, 90, 3650])
def test_duplicates_by_another_rule_are_right(days: int, counted_from: Literal["first", "last"]) -> None:
    rule = Rule(timedelta(days=days), counted_from)
    written = Duplicates.model_validate({"window": f"{days}d", "counted_from": counted_from})
    policy = market_policy().model_copy(update={"duplicates": written})
    others = [one for one in invented(REGISTERED) if one.kind != "client"]
    judged = compare(others, taken(REGISTERED).lead_ids, taken(REGISTERED).at_once(policy), rule)
    assert shares(judged).duplicates >= 0.99, report(judged)


def test_client_ids_are_lent_to_whom_they_belong(judged: list[Judged]) -> None:
    assert sum(one.truth.borrows is not None for one in judged) > LEADS / 100
    assert shares(judged).loans >= 0.99, report(judged)


def test_bots_are_caught(judged: list[Judged]) -> None:
    assert shares(judged).caught >= 0.9, report(judged)


def test_honest_leads_pass(judged: list[Judged]) -> None:
    assert shares(judged).held <= 0.01, report(judged)


def test_registered_one_by_one_they_are_judged_the_same(registered: Register) -> None:
    one_by_one = registered.leads()
    assert len(one_by_one) == len(invented(REGISTERED))
    at_once = {lead_id: lead.circumstances for lead_id, lead in taken(REGISTERED).at_once().items()}
    assert {lead_id: lead.circumstances for lead_id, lead in one_by_one.items()} == at_once


def test_registered_one_by_one_their_sources_and_persons_are_right(registered: Register) -> None:
    judged = compare(invented(REGISTERED), taken(REGISTERED).lead_ids, registered.leads())
    assert shares(judged).sources >= 0.98, report(judged)
    assert shares(judged).persons >= 0.99, report(judged)


def test_a_lead_costs_what_it_may(registered: Register) -> None:
    forms = len(registered.bill)
    assert sum(reads for reads, _ in registered.bill) / forms <= READS
    assert sum(writes for _, writes in registered.bill) / forms <= WRITES


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> list[Register]:
    """One market as it happened, and shuffled twice: forms, forms sent again, and what the CRM tells of leads, also of
    one whose form comes later."""
    arrivals = taken(SHUFFLED).arrivals
    ways = [arrivals, *(random.Random(turn).sample(arrivals, len(arrivals)) for turn in range(2))]
    folder = tmp_path_factory.mktemp("orders")
    return [Register(SqliteStore(folder / f"{turn}.db")).take(way) for turn, way in enumerate(ways)]


def test_any_order_of_arrival_gives_the_same_leads_and_keys(orders: list[Register]) -> None:
    expected, *found = [order.documents("lead", "key") for order in orders]
    assert [differing(expected, one) for one in found] == [set(), set()]


def test_any_order_of_arrival_gives_the_same_totals_once_they_are_cleared(orders: list[Register]) -> None:
    """To the letter: what leads moved out of is cleared every night."""
    assert any("lessened" in fields for fields in orders[1].documents("daily_total").values()), "nothing to clear"
    for order in orders:
        clear_totals(order.store, most=1000)
    expected, *found = [order.documents("daily_total") for order in orders]
    assert [differing(expected, one) for one in found] == [set(), set()]
    assert not any("lessened" in fields for fields in expected.values())


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> set[str]:
    """The documents that are not the same, by name."""
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}
