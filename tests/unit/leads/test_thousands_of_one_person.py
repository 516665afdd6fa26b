"""Thousands of leads of one person are judged in as much work as there are leads, and as each pair of them says."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import FrameType
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.leads import facts_of
from leadloop.leads.kin import Kin, assess
from leadloop.leads.lead import Lead
from leadloop.leads.population import assess_all
from leadloop.policy import Policy
from leadloop.policy.duplicates import Duplicates
from support.lead_facts import entered, linked, visited
from support.policies import QUALIFIED, WON, sokol
from support.settable_clock import MORNING
from unit.leads.test_family import key_id, sent

if TYPE_CHECKING:
    from _typeshed import TraceFunction

ANNA, BORIS = "1700000000123456789", "1700000000123456790"
JUDGING = ("kin", "duplicates", "repeats", "population", "by_client_id")


def rule(**said: object) -> Policy:
    return sokol().model_copy(update={"duplicates": Duplicates.model_validate(said)})


def lead(number: int, *keys: str, client_id: str | None = None, sold: bool = False) -> Lead:
    ids = {"client_id": client_id} if client_id else {}
    at = MORNING + number * timedelta(minutes=40)
    deal = (linked(str(number)), entered(WON, at + timedelta(hours=9), str(number))) if sold else ()
    form = sent(f"l{number:04}", at, *keys, **ids).submission
    return Lead(id=f"l{number:04}").with_facts((facts_of.submission(form), *deal))


def caller(number: int) -> Lead:
    """One telephone, half the time from a browser."""
    return lead(number, "phone-anna", client_id=ANNA if number % 2 else None)


def by_turns(number: int) -> Lead:
    """One person who leaves now a phone, now an e-mail."""
    both = ("email-anna", "phone-anna")
    return lead(number, *(both[number % 2 :][:1] if number else both))


CASES = {
    "one telephone": (rule(window="30d"), caller),
    "telephone or browser": (rule(keys=["phone", "client_id"], window="30d"), caller),
    "now a phone, now an e-mail": (rule(), by_turns),
    "each with its own browser": (
        rule(keys=["client_id"]),
        lambda number: lead(number, "phone-anna", client_id=f"17{number:017}"),
    ),
    "one browser and no contact": (rule(keys=["client_id"]), lambda number: lead(number, client_id=ANNA)),
    "who buys every time": (
        rule(clients={"stages": ["sold"]}),
        lambda number: lead(number, "phone-anna", sold=True),
    ),
}


@pytest.mark.parametrize(("policy", "one"), CASES.values(), ids=CASES.keys())
def test_twice_the_leads_are_twice_the_work(policy: Policy, one: Callable[[int], Lead]) -> None:
    few, many = (steps_of(policy, [one(number) for number in range(size)]) for size in (150, 300))
    assert 1.5 < many / few < 2.5


def steps_of(policy: Policy, leads: list[Lead]) -> int:
    """How many lines of the judging modules are run, comprehensions counted by element."""
    with _counted() as steps:
        assess_all(policy, leads)
    return steps[0]


@contextmanager
def _counted() -> Iterator[list[int]]:
    steps = [0]

    def trace(frame: FrameType, event: str, _: object) -> TraceFunction | None:
        module = frame.f_globals.get("__name__", "")
        if not module.startswith("leadloop.leads.") or module.rpartition(".")[2] not in JUDGING:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        steps[0] += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield steps
    finally:
        sys.settrace(before)


HOURS = st.sampled_from([0, 0.5, 1, 20, 24, 25, 72])


@st.composite
def persons(draw: st.DrawFn) -> list[Lead]:
    leads = []
    for number in range(draw(st.integers(2, 7))):
        at = MORNING + draw(HOURS) * timedelta(hours=1)
        ids = {"client_id": client} if (client := draw(st.sampled_from([None, None, ANNA, BORIS]))) else {}
        facts = [facts_of.submission(sent(f"l{number}", at, "phone-anna", **ids).submission)]
        stages = draw(st.lists(st.sampled_from([WON, QUALIFIED]), max_size=2, unique=True))
        facts += [linked(str(number))] if stages else []
        facts += [entered(stage, MORNING + draw(HOURS) * timedelta(hours=1), str(number)) for stage in stages]
        facts += [visited(MORNING + draw(HOURS) * timedelta(hours=1))] if draw(st.booleans()) else []
        leads.append(Lead(id=f"l{number}").with_facts(tuple(facts)))
    return leads


@pytest.mark.parametrize("within", ["ever", "1d", "1 months"])
@given(leads=persons(), shared=st.sampled_from([frozenset[str](), frozenset({BORIS})]))
def test_clients_and_loans_are_what_looking_at_each_pair_says(
    within: str, leads: list[Lead], shared: frozenset[str]
) -> None:
    policy = rule(clients={"stages": ["sold"], "left": ["qualified"], "within": within})
    kin = [one for lead in leads if (one := Kin.of(policy, lead)) is not None]
    told = assess(policy, "anna", frozenset({key_id("phone-anna")}), kin, shared)
    for one in kin:
        others = [other for other in kin if other.lead.id != one.lead.id]
        circumstances = told[one.lead.id].circumstances
        assert circumstances.client_since == _client_since(policy, one.at, others)
        visits = [
            (at, other.lead.id, client_id)
            for other in others
            for at, client_id in other.visits()
            if at <= one.at and client_id not in shared and one.is_without_ids
        ]
        lent = circumstances.lent
        assert (lent and (lent.at, lent.lead_id, lent.client_id)) == max(visits, default=None)


def _client_since(policy: Policy, at: datetime, others: list[Kin]) -> datetime | None:
    since = []
    for other in others:
        sold, left = (other.state.stages.get(stage) for stage in ("sold", "qualified"))
        if sold is None or sold.at >= at or (left is not None and sold.at <= left.at < at):
            continue
        if policy.duplicates.clients.within.holds(sold.at, at, policy.site.time_zone):
            since.append(sold.at)
    return min(since, default=None)
