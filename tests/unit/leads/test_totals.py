"""Daily totals: the day of the counter's zone, exact whatever becomes of a lead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.adapters.memory_store import MemoryStore
from leadloop.adapters.writes import incremented
from leadloop.facts import Fact
from leadloop.json_types import JsonObject
from leadloop.leads.clearing import clear_totals
from leadloop.leads.lead import Claim, Expiry, Lead
from leadloop.leads.totals import LESSENED, contribution, increments
from leadloop.leads.writing import decide_and_commit, lead_writes
from leadloop.ports.store import Increment, Key, Query, Write
from support.lead_facts import POLICY, YCLID, any_facts, entered, lead_of, linked, submitted
from support.policies import MEETING, QUALIFIED, WON, sokol
from support.settable_clock import MORNING


def day_of(zone: str, at: datetime) -> str:
    """The day under which a lead of that instant is counted."""
    policy = sokol(site={"time_zone": zone})
    lead = lead_of(submitted(at))
    [total] = contribution(policy, lead, lead.state(policy))
    return total


@pytest.mark.parametrize(
    ("zone", "at", "total"),
    [
        ("UTC", "2026-09-01T23:30Z", "2026-09-01--none"),
        ("Europe/Moscow", "2026-09-01T20:59Z", "2026-09-01--none"),
        ("Europe/Moscow", "2026-09-01T21:00Z", "2026-09-02--none"),
        ("Europe/Moscow", "2026-09-01T23:30Z", "2026-09-02--none"),
        ("Asia/Yekaterinburg", "2026-12-31T23:30Z", "2027-01-01--none"),
        ("Asia/Kamchatka", "2026-09-01T11:59Z", "2026-09-01--none"),
        ("Asia/Kamchatka", "2026-09-01T12:00Z", "2026-09-02--none"),
        ("Europe/Berlin", "2026-10-24T22:30Z", "2026-10-25--none"),  # summer time, two hours ahead
        ("Europe/Berlin", "2026-10-25T22:30Z", "2026-10-25--none"),  # the clocks went back that night
        ("Europe/Berlin", "2026-10-25T23:30Z", "2026-10-26--none"),
        ("America/New_York", "2026-09-01T03:30Z", "2026-08-31--none"),
    ],
)
def test_a_lead_belongs_to_the_day_of_the_counters_zone(zone: str, at: str, total: str) -> None:
    assert day_of(zone, datetime.fromisoformat(at)) == total


def test_a_lead_contributes_itself_its_stages_and_what_became_of_its_goals() -> None:
    lead = lead_of(submitted(yclid=YCLID), linked(), entered(QUALIFIED), entered(WON))
    lead = _claimed(_expired(lead, "lead_received"), "flat_sold")
    assert contribution(POLICY, lead, lead.state(POLICY)) == {
        "2026-09-01--yandex_direct": {
            "leads": 1,
            "stages.qualified": 1,
            "stages.sold": 1,
            "claims.flat_sold": 1,
            "expired.lead_received": 1,
        }
    }


def test_a_lead_of_which_nothing_is_known_is_not_counted() -> None:
    assert contribution(POLICY, Lead(id="anna"), Lead(id="anna").state(POLICY)) == {}


class TestIncrements:
    def test_only_what_changed_is_written(self) -> None:
        before = {"2026-09-01--vk": {"leads": 1, "stages.qualified": 1}}
        after = {"2026-09-01--vk": {"leads": 1, "stages.qualified": 1, "stages.sold": 1}}
        assert increments(before, after) == [
            Increment(Key("daily_total", "2026-09-01--vk"), {"stages.sold": 1}, {"day": "2026-09-01", "source": "vk"})
        ]

    def test_nothing_changed_writes_nothing(self) -> None:
        same = {"2026-09-01--vk": {"leads": 1}}
        assert increments(same, same) == []

    def test_a_lead_that_moves_to_another_day_is_taken_from_the_old_one(self) -> None:
        written = increments({"2026-09-02--vk": {"leads": 1}}, {"2026-09-01--ya_ru": {"leads": 1}})
        assert [(one.key.id, one.amounts, one.fields) for one in written] == [
            ("2026-09-01--ya_ru", {"leads": 1}, {"day": "2026-09-01", "source": "ya_ru"}),
            ("2026-09-02--vk", {"leads": -1}, {"day": "2026-09-02", "source": "vk", "lessened": True}),
        ]


Change: TypeAlias = tuple[str, tuple[object, ...]]
"""A lead, and facts of it or what becomes of a goal."""

_GOALS = st.sampled_from(sorted(POLICY.goals))
_CHANGES = st.tuples(
    st.sampled_from(["anna", "boris"]),
    st.one_of(any_facts(4).map(tuple), _GOALS.map(lambda goal: (_claimed, goal)), _GOALS.map(lambda g: (_expired, g))),
)


@given(st.lists(st.lists(_CHANGES, min_size=1, max_size=3), max_size=6))
def test_whatever_becomes_of_leads_the_totals_are_those_of_a_recount(commits: list[list[Change]]) -> None:
    """Each inner list is one commit: facts in any order, claims and expiries, of one lead or of two at once."""
    store = MemoryStore()
    for changes in commits:
        decide_and_commit(store, lambda changes=changes: _written(store, changes))  # type: ignore[misc]
    assert _resting_totals(store) == _recount(store)
    clear_totals(store, most=100)
    assert {one.key.id: one.fields for one in store.query(Query("daily_total")).documents} == _counted_anew(store)


def _counted_anew(store: MemoryStore) -> dict[str, JsonObject]:
    """The totals to the letter, from what each lead counts."""
    found: dict[str, JsonObject] = {}
    for document in store.query(Query("lead")).documents:
        for increment in increments({}, Lead.of(document).counted):
            found[increment.key.id] = incremented(increment, found.get(increment.key.id))
    return found


def _written(store: MemoryStore, changes: Sequence[Change]) -> list[Write]:
    writes: list[Write] = []
    for who in sorted({who for who, _ in changes}):
        [document] = store.get_many([Key("lead", who)])
        lead = Lead(id=who) if document is None else Lead.of(document)
        for change in (change for name, change in changes if name == who):
            lead = _changed(lead, change)
        writes += lead_writes(POLICY, lead, document.version if document else None)
    return writes


def _changed(lead: Lead, change: tuple[object, ...]) -> Lead:
    match change:
        case (step, str() as goal) if callable(step):
            done = step(lead, goal)
            assert isinstance(done, Lead)
            return done
        case _:
            return lead.with_facts(tuple(fact for fact in change if isinstance(fact, Fact)))


def _claimed(lead: Lead, goal: str) -> Lead:
    row: dict[str, object] = dict.fromkeys(("price", "currency", "crm_ref"))
    row |= dict.fromkeys(("identifier_kind", "identifier", "deadline", "row"), "x")
    claim = Claim.model_validate({"goal": goal, "target": goal, "date_time": 0, **row})
    return lead.model_copy(update={"claims": {**lead.claims, goal: claim}})


def _expired(lead: Lead, goal: str) -> Lead:
    expiry = Expiry(goal=goal, at="", rule="", reason="")
    return lead.model_copy(update={"expired": {**lead.expired, goal: expiry}})


def _resting_totals(store: MemoryStore) -> Counter[tuple[str, str]]:
    counted: Counter[tuple[str, str]] = Counter()
    for document in store.query(Query("daily_total")).documents:
        for name, value in document.fields.items():
            nested = value if isinstance(value, dict) else {"": value} if name != LESSENED else {}
            for inner, amount in nested.items():
                if isinstance(amount, int) and amount:
                    counted[document.key.id, f"{name}.{inner}".rstrip(".")] += amount
    return counted


def _recount(store: MemoryStore) -> Counter[tuple[str, str]]:
    """By hand, from the leads themselves: Moscow is three hours ahead all year."""
    counted: Counter[tuple[str, str]] = Counter()
    for document in store.query(Query("lead")).documents:
        lead = Lead.of(document)
        state = lead.state(POLICY)
        if state.occurred_at is None:
            continue
        day = (state.occurred_at.astimezone(UTC) + timedelta(hours=3)).date()
        total = f"{day}--{state.source.label}"
        counted[total, "leads"] += 1
        for group, names in (("stages", state.stages), ("claims", lead.claims), ("expired", lead.expired)):
            for name in names:
                counted[total, f"{group}.{name}"] += 1
    return counted


def test_the_recount_sees_a_total_that_is_wrong() -> None:
    store = MemoryStore()
    decide_and_commit(store, lambda: lead_writes(POLICY, lead_of(submitted(MORNING), entered(MEETING)), None))
    assert _resting_totals(store) == _recount(store)
    store.commit([Increment(Key("daily_total", "2026-09-01--none"), {"stages.meeting": 1})])
    assert _resting_totals(store) != _recount(store)
