"""A deal is not given to a lead by a telephone of many."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leadloop.leads.matching import Signs, candidates_of, match
from support.settable_clock import MORNING
from unit.leads.test_family import Register, key_id, office


@pytest.mark.parametrize(("people", "rule"), [(5, "match.key"), (6, "match.nobody")])
def test_a_telephone_identifies_a_lead_as_long_as_it_is_one_persons(people: int, rule: str) -> None:
    desk = Register().take(*office(people))
    signs = Signs(MORNING + timedelta(days=2), key_ids=frozenset({key_id("phone-office")}))
    found = match(desk.policy, signs, candidates_of(desk.store, desk.policy, signs))
    assert found.verdict.rule == rule
