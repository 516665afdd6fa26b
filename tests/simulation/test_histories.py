"""Histories: people, sales, losses and crashes drawn from a seed; in the end every book must agree.

What goes wrong meanwhile is what the system promises to survive (``trouble``). What must have been counted is
worked out by ``oracle`` from the site's posts and the CRM's own book, and compared with Metrica's own book;
leadloop's books must add up (``books``). A failure prints the seed and the journal of the history.
"""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import settings

from simulation import books
from simulation.history import History, draw
from simulation.oracle import Ledger, differences, foretell
from simulation.play import Chronicle, Player
from simulation.trouble import Trouble
from simulation.vendors import Vendors
from simulation.world import Company
from support.policies import sokol

SEEDS = range(settings().max_examples)
"""As many histories as a property has examples: 25, a thousand with DEEP=1. The last kind of trouble that fifty of them
know comes in number 23."""


@pytest.mark.parametrize("seed", SEEDS)
def test_a_history_ends_with_every_conversion_counted_once(seed: int, vendors: Vendors) -> None:
    """Promises 2, 3 and 6, whatever happens on the way."""
    history = draw(seed)
    journal: list[str] = []
    company = company_of(history, vendors, Trouble(Random(seed), journal), journal)
    chronicle = Player(company, history).play()
    foretold = foretell(chronicle, vendors.crm_book(), history.mode)
    wrong = [*_promise_2(company, chronicle, foretold), *_promise_3(company, foretold), *_promise_6(company)]
    assert not wrong, "\n".join(["", *wrong, "", *history.lines(), "", *journal])


def company_of(history: History, vendors: Vendors, trouble: Trouble, journal: list[str]) -> Company:
    """The company of a history, on its first morning."""
    policy = sokol(history.mode, crm={"fields": {"submission_id": "SUBMISSION_ID"}})
    return Company(vendors, policy, trouble, journal)


def _promise_2(company: Company, chronicle: Chronicle, foretold: Ledger) -> list[str]:
    """The state is what the facts amount to, however often and in whatever order they came."""
    names = {post.lead_id: post.deal for post in chronicle.posts}
    wrong = [f"{len(set(names))} leads for {len(set(names.values()))} forms"] if _is_ambiguous(names) else []
    told = {counter: n for counter, n in books.totals(company).items() if counter[2].startswith(("leads", "stages"))}
    counted = foretold.totals()
    for place in sorted(told.keys() | counted.keys()):
        if told.get(place, 0) != counted[place]:
            wrong.append(f"{place}: foretold {counted[place]}, found {told.get(place, 0)}")
    return wrong


def _is_ambiguous(names: dict[str, str]) -> bool:
    return len(set(names)) != len(set(names.values()))


def _promise_3(company: Company, foretold: Ledger) -> list[str]:
    """Exactly the conversions that were foretold, each once; and no lead twice in the CRM."""
    wrong = differences(foretold.expected, company.vendors.metrica_book()["conversions"])
    doubled = company.vendors.crm_book()["doubled_field_values"].get("LEADLOOP_ID", {})
    return wrong + [f"lead {lead_id} was created as {deals}" for lead_id, deals in doubled.items()]


def _promise_6(company: Company) -> list[str]:
    """Nothing is left undone, and the books add up."""
    return [*company.unquiet(), *books.faults(company)]
