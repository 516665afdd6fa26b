"""Verdicts that wait for an id which only the CRM tells of: the reader that learns it recalls them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from leadloop.leads.fraud import Gate
from leadloop.messages import VerdictReceived
from support.crm_desk import BORIS, CrmDesk, crm_desk
from support.policies import sokol

YCLID = "7325873983740247040"
FORM = {"phone": "+7 999 000-00-03"}


@pytest.fixture
def desk() -> Iterator[CrmDesk]:
    """The site's own integration creates deals; an antifraud service is named."""
    with crm_desk(sokol("hash", fraud={"providers": {"guard": {}}})) as desk:
        yield desk


def hear(desk: CrmDesk, verdict: str = "fraud", **subject: str) -> None:
    """A service judges whoever has these ids."""
    now = desk.clock.now()
    about = {"provider": "guard", "verdict": verdict, "verdict_id": "v1", "subject": subject}
    said = VerdictReceived.model_validate({"event_id": "v-1", "received_at": now, "detected_at": now, **about})
    assert desk.world.push("record-verdict", said).status_code == 204


def gate(desk: CrmDesk, lead_id: str) -> Gate:
    return desk.lead(lead_id).state(desk.world.runtime.policy).fraud.gate


def on_a_deal(desk: CrmDesk, **fields: str) -> tuple[str, int]:
    """A lead without ad ids, and its deal."""
    lead = desk.submit("anna", **FORM)
    desk.settle()
    deal = desk.deal(fields={"LEADLOOP_ID": lead, **fields})
    desk.carry_hooks()
    assert desk.ref(deal).owner == lead
    return lead, deal


OF_ONE_ID = pytest.mark.parametrize(
    ("name", "field", "value"), [("client_id", "_YM_UID", BORIS), ("yclid", "YCLID", YCLID)], ids=["ClientID", "yclid"]
)


@OF_ONE_ID
def test_of_an_id_that_stood_in_the_deal_when_it_was_found(desk: CrmDesk, name: str, field: str, value: str) -> None:
    hear(desk, **{name: value})
    lead, _ = on_a_deal(desk, **{field: value})
    assert gate(desk, lead) is Gate.FRAUD


@OF_ONE_ID
def test_of_an_id_that_came_into_the_deal_later(desk: CrmDesk, name: str, field: str, value: str) -> None:
    lead, deal = on_a_deal(desk)
    hear(desk, **{name: value})
    assert gate(desk, lead) is Gate.OPEN
    desk.act("edit_field", lead_id=deal, field=field, value=value)
    desk.carry_hooks()
    assert gate(desk, lead) is Gate.FRAUD


def test_of_the_deal_itself(desk: CrmDesk) -> None:
    lead = desk.submit("anna", **FORM)
    desk.settle()
    deal = desk.deal(fields={"LEADLOOP_ID": lead})
    hear(desk, deal_id=str(deal))
    assert gate(desk, lead) is Gate.OPEN
    desk.carry_hooks()
    assert gate(desk, lead) is Gate.FRAUD


def test_of_a_lead_that_was_born_in_the_crm(desk: CrmDesk) -> None:
    hear(desk, client_id=BORIS)
    deal = desk.deal(fields={"_YM_UID": BORIS})
    for _ in range(2):
        desk.carry_hooks()
        desk.clock.advance(minutes=11)
        desk.sync()
    assert gate(desk, desk.ref(deal).owner or "") is Gate.FRAUD


def test_a_reading_that_comes_again_recalls_nothing_twice(desk: CrmDesk) -> None:
    hear(desk, client_id=BORIS)
    lead, deal = on_a_deal(desk, _YM_UID=BORIS)
    before = desk.lead(lead)
    desk.clock.advance(hours=1)
    desk.act("edit_field", lead_id=deal, field="_YM_UID", value=BORIS)
    desk.carry_hooks()
    desk.sync()
    assert [fact for fact in desk.lead(lead).facts if fact.kind == "verdict_received"] == [
        fact for fact in before.facts if fact.kind == "verdict_received"
    ]
    assert sum(fact.kind == "verdict_received" for fact in before.facts) == 1


def test_of_the_deal_of_a_lead_that_was_born_in_the_crm(desk: CrmDesk) -> None:
    deal = desk.deal()
    hear(desk, deal_id=str(deal))
    for _ in range(2):
        desk.carry_hooks()
        desk.clock.advance(minutes=11)
        desk.sync()
    assert gate(desk, desk.ref(deal).owner or "") is Gate.FRAUD


@pytest.mark.parametrize("is_first", [True, False], ids=["before the merge", "after it"])
def test_of_the_deal_that_another_is_merged_into(desk: CrmDesk, is_first: bool) -> None:
    leads, deals = [], []
    for who, contact in (("anna", None), ("anna again", 37054001)):
        leads.append(desk.submit(who, **FORM))
        desk.settle()
        deals.append(desk.deal(contact_id=contact, contact_name="Анна", fields={"LEADLOOP_ID": leads[-1]}))
        desk.carry_hooks()
        desk.clock.advance(days=2)
    survivor = deals[1]
    if is_first:
        hear(desk, deal_id=str(survivor))
    desk.act("merge", winner=survivor, loser=deals[0])
    desk.carry_hooks()
    if not is_first:
        hear(desk, deal_id=str(survivor))
    assert desk.ref(survivor).leads.keys() == {*leads}
    assert [gate(desk, lead) for lead in leads] == [Gate.FRAUD, Gate.FRAUD]
