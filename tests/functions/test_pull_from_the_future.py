"""A time from the future, the CRM's or our own, does not stop the pull until it has come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from leadloop import timestamps
from support.crm_desk import ANNA, CrmDesk, crm_desk
from support.policies import sokol


@pytest.fixture
def desk() -> Iterator[CrmDesk]:
    with crm_desk(sokol("hash")) as desk:
        yield desk


def linked(desk: CrmDesk) -> tuple[str, int]:
    lead = desk.submit("anna", client_id=ANNA)
    desk.settle()
    deal = desk.deal(fields={"_YM_UID": ANNA})
    desk.carry_hooks()
    return lead, deal


def assert_a_lost_webhook_costs_one_pull(desk: CrmDesk, lead: str, deal: int) -> None:
    desk.clock.advance(hours=1)
    desk.move(deal, "qualified")
    desk.forget_hooks()
    desk.clock.advance(minutes=15)
    desk.sync()
    assert "qualified" in desk.state(lead).stages


def test_a_deal_that_changed_next_year_by_its_own_account(desk: CrmDesk) -> None:
    lead, deal = linked(desk)
    other = desk.deal()
    next_year = desk.clock.now() + timedelta(days=365)
    desk.amocrm.account.leads[other].updated_at = timestamps.to_unix(next_year)
    desk.sync()
    assert_a_lost_webhook_costs_one_pull(desk, lead, deal)
    assert desk.sync()["complete"]


def test_pulls_made_while_our_clock_ran_ahead(desk: CrmDesk) -> None:
    lead, deal = linked(desk)
    desk.clock.advance(days=40)
    desk.move(desk.deal(), "qualified")
    desk.forget_hooks()
    desk.sync()
    desk.clock.advance(days=-40)
    assert_a_lost_webhook_costs_one_pull(desk, lead, deal)
