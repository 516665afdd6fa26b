"""A contact removed is removed for ever, whatever arrives in whatever order, and its term is told by the facts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.facts import Fact, join
from leadloop.leads.contact_expiry import judge
from leadloop.leads.delivery import Delivery, DeliveryState
from leadloop.policy import Policy
from support.lead_facts import PHONE, after, any_facts, entered, joined, lead_of, state_of, submitted
from support.policies import LOST, NEW, QUALIFIED, sokol
from support.settable_clock import MORNING

KEEPING = sokol("keep")
TERM = KEEPING.contacts.retention
SENT = submitted(contact_sealed="sealed", keys=(PHONE,))


@given(any_facts(), st.data())
def test_order_of_arrival_decides_nothing_when_contacts_are_removed_in_between(
    facts: list[Fact], data: st.DataObject
) -> None:
    removed = [fact.without_contact() for fact in data.draw(st.lists(st.sampled_from(facts)))] if facts else []
    arriving = data.draw(st.permutations([*facts, *removed]))
    held: tuple[Fact, ...] = ()
    for fact in arriving:
        held = join(held, (fact,))
    assert held == joined([*facts, *removed])
    gone = {fact.id for fact in removed if fact.is_contact_removed}
    assert {fact.id for fact in held if fact.is_contact_removed} == gone
    assert all(fact.values["contact_sealed"] is None for fact in held if fact.id in gone)


@given(any_facts())
def test_removing_contacts_changes_nothing_else_of_the_state(facts: list[Fact]) -> None:
    lead = lead_of(*facts)
    before, without = lead.state(KEEPING), lead.without_contact()
    state = without.state(KEEPING)
    assert (state.contact_sealed, state.contact_term_from) == (None, None)
    state.contact_sealed, state.contact_sent_at = before.contact_sealed, before.contact_sent_at
    assert state == before
    assert without.without_contact() == without
    assert without.with_facts(lead.facts) is without


@pytest.mark.parametrize(
    ("facts", "term_from"),
    [
        ([submitted()], None),
        ([entered(QUALIFIED)], None),
        ([SENT], MORNING),
        ([SENT, submitted(after(days=2), form="later", contact_sealed="sealed later")], after(days=2)),
        ([SENT, submitted(after(days=2), form="without a contact")], MORNING),
        ([SENT, entered(QUALIFIED, after(days=3)), entered(LOST, after(days=9))], after(days=9)),
        ([SENT, entered(QUALIFIED, after(days=3)), entered(NEW, after(days=9))], after(days=3)),
        ([SENT, entered(QUALIFIED, after(days=-30))], MORNING),
    ],
    ids=["no contact", "of the CRM", "sent", "sent twice", "sent, then without", "stages", "no stage", "older stage"],
)
def test_the_term_runs_from_the_last_stage_or_a_later_submission(facts: list[Fact], term_from: datetime | None) -> None:
    assert state_of(*facts).contact_term_from == term_from


@pytest.mark.parametrize(
    ("policy", "delivery", "since", "rule"),
    [
        (KEEPING, DeliveryState.DELIVERED, TERM, "contact.expired"),
        (KEEPING, DeliveryState.DELIVERED, TERM - timedelta(microseconds=1), "contact.in_term"),
        *((KEEPING, state, TERM, "contact.undelivered") for state in DeliveryState if state != "delivered"),
        (KEEPING, None, TERM, "contact.undelivered"),
        (KEEPING, None, timedelta(0), "contact.in_term"),
        (sokol("hash"), None, TERM, "contact.expired"),
        (sokol("none"), DeliveryState.AWAITING_ENTITY, TERM, "contact.expired"),
    ],
)
def test_what_becomes_of_a_contact(policy: Policy, delivery: DeliveryState | None, since: timedelta, rule: str) -> None:
    reached = Delivery(lead_id="anna", state=delivery) if delivery is not None else None
    verdict = judge(policy, state_of(SENT), reached, MORNING + since)
    assert (verdict.rule, verdict.ok) == (rule, rule == "contact.expired")


def test_without_a_contact_there_is_nothing_to_remove() -> None:
    assert judge(KEEPING, state_of(submitted()), None, after(days=999)).rule == "contact.absent"
