"""Who is a client already: whoever bought, for as long as the sale is in the CRM, under whatever number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.crm_desk import SEED, CrmDesk, crm_desk
from support.policies import sokol

PHONE, DUPLICATE = "+7 999 000-00-03", "752911"


def seed() -> dict[str, Any]:
    return {**SEED, "fields": [*SEED["fields"], {"id": int(DUPLICATE), "name": "Дубль", "type": "textarea"}]}


@pytest.fixture
def desk() -> Iterator[CrmDesk]:
    policy = sokol("keep", duplicates={"clients": {"stages": ["sold"]}}, crm={"fields": {"duplicate": DUPLICATE}})
    with crm_desk(policy, seed()) as desk:
        yield desk


def delivered(desk: CrmDesk, who: str) -> tuple[str, int]:
    lead = desk.submit(who, phone=PHONE)
    desk.settle()
    desk.carry_hooks()
    [deal] = desk.deals_of(lead)
    return lead, deal


def pulls(desk: CrmDesk, times: int = 3) -> None:
    for _ in range(times):
        desk.carry_hooks()
        desk.clock.advance(minutes=16)
        desk.sync()


@pytest.fixture
def sold(desk: CrmDesk) -> int:
    """A deal that was sold, ten days ago."""
    _, deal = delivered(desk, "anna")
    desk.clock.advance(hours=1)
    desk.move(deal, "sold")
    pulls(desk)
    desk.clock.advance(days=10)
    return deal


def is_client(desk: CrmDesk, lead: str) -> bool:
    return desk.state(lead).circumstances.client_since is not None


def test_a_sale_that_was_deleted_made_nobody_a_client(desk: CrmDesk, sold: int) -> None:
    desk.act("delete", lead_id=sold)
    pulls(desk)
    again, _ = delivered(desk, "again")
    assert not is_client(desk, again)


def test_whoever_came_before_it_was_deleted_is_told_anew(desk: CrmDesk, sold: int) -> None:
    again, deal = delivered(desk, "again")
    assert (is_client(desk, again), desk.fields_of(deal)[DUPLICATE]) == (True, "client since 2026-09-01")
    desk.act("delete", lead_id=sold)
    pulls(desk)
    assert not is_client(desk, again)
    assert desk.fields_of(deal)[DUPLICATE].startswith("duplicate of")
    assert desk.marks() == []


def test_a_sale_that_was_merged_into_another_deal_did(desk: CrmDesk, sold: int) -> None:
    other = desk.act("create_lead", name="Вторая", contact_name="Анна", phone=PHONE)["lead_id"]
    pulls(desk)
    desk.act("merge", winner=other, loser=sold)
    pulls(desk)
    again, _ = delivered(desk, "again")
    assert is_client(desk, again)
