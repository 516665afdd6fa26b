"""A call goes with the ClientID of its person's last visit, for as long as that is nobody else's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.crm_desk import CrmDesk, crm_desk
from support.lead_facts import ANNA
from support.policies import sokol

HOME, WORK = "+79990000003", "+79990000004"


@pytest.fixture
def desk() -> Iterator[CrmDesk]:
    with crm_desk(sokol("hash")) as desk:
        yield desk


def read(desk: CrmDesk, deal: int) -> str:
    """The deal waits as long as it has to for its lead, or is born a lead itself."""
    desk.carry_hooks()
    desk.clock.advance(minutes=11)
    desk.sync()
    [lead_id] = desk.ref(deal).leads
    return lead_id


def test_a_call_borrows_until_another_persons_deal_shows_the_same_browser(desk: CrmDesk) -> None:
    policy = desk.world.runtime.policy
    anna = desk.submit("anna", phone=HOME, ym_client_id=ANNA)
    desk.settle()
    assert read(desk, desk.deal(contact_name="Анна", phone=HOME)) == anna
    desk.clock.advance(days=1)
    call = read(desk, desk.deal(contact_name="Анна", phone=HOME))
    lent = desk.lead(call).state(policy).lent
    assert lent is not None
    assert (lent.client_id, lent.lead_id) == (ANNA, anna)
    boris = desk.submit("boris", phone=WORK)
    desk.settle()
    assert read(desk, desk.deal(contact_name="Борис", phone=WORK, fields={"_YM_UID": ANNA})) == boris
    assert desk.lead(boris).state(policy).ids["client_id"] == ANNA
    assert desk.lead(call).state(policy).lent is None
