"""A deal whose CRM shows an empty date, or one of the end of time, is matched like any other, and stops nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leadloop.leads.matching import Candidate, Signs, match, match_communication
from support.policies import sokol

CAME = datetime(2026, 9, 1, 9, tzinfo=UTC)
EMPTY = datetime(1, 1, 1, tzinfo=UTC)
ANNA = Candidate("anna", CAME, is_free=True, weak_ids=frozenset({"client_id:17"}), key_ids=frozenset({"phone-1"}))


@pytest.mark.parametrize("created_at", [EMPTY, datetime(1970, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
@pytest.mark.parametrize("may_wait", [True, False])
def test_a_deal_of_any_time_finds_its_lead_by_our_id(created_at: datetime, may_wait: bool) -> None:
    signs = Signs(created_at, leadloop_id="anna", client_id="17", key_ids=ANNA.key_ids)
    assert match(sokol(), signs, [ANNA], may_wait=may_wait).lead_id == "anna"


@pytest.mark.parametrize("find", [match, match_communication])
def test_a_lead_that_came_ages_after_it_is_not_its_own(find: object) -> None:
    signs = Signs(EMPTY, client_id="17", key_ids=ANNA.key_ids)
    assert callable(find)
    assert find(sokol(), signs, [ANNA]).lead_id is None


def test_a_deal_of_the_end_of_time_waits_for_its_own_lead() -> None:
    signs = Signs(datetime.max.replace(tzinfo=UTC), client_id="17")
    assert match(sokol(), signs, [ANNA], may_wait=True).verdict.rule == "match.own_lead_awaited"
    assert match(sokol(), signs, [ANNA]).lead_id == "anna"


def test_the_window_of_a_contact_key_is_whole() -> None:
    window, tick = sokol().defaults.key_match_window, timedelta(microseconds=1)
    found = [
        match(sokol(), Signs(CAME + window + late, key_ids=ANNA.key_ids), [ANNA]).lead_id
        for late in (timedelta(), tick)
    ]
    assert found == ["anna", None]
