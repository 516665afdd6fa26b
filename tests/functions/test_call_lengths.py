"""From a call tracker's field in a deal to the gate: a call that was no talk weighs, a talk takes it back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from leadloop.leads.fraud import Gate
from support.crm_desk import ANNA, SEED, CrmDesk, crm_desk
from support.policies import sokol

CALL, CALLED = 752921, 752922
POLICY = sokol(
    "keep",
    crm={"fields": {"call_seconds": str(CALL), "called_number": str(CALLED)}},
    fraud={"weights": {"short_call": 60}, "hold_from": 100},
    sources={"static_pool": ["+74950000001"]},
)


def seed() -> dict[str, Any]:
    fields = [{"id": CALL, "name": "Длительность звонка"}, {"id": CALLED, "name": "Номер"}]
    return {**SEED, "fields": [*SEED["fields"], *fields]}


@pytest.fixture
def desk() -> Iterator[CrmDesk]:
    with crm_desk(POLICY, seed()) as desk:
        yield desk


def tell(desk: CrmDesk, deal: int, length: str | None) -> None:
    """The call tracker writes how long it lasted, and the CRM's webhook comes."""
    desk.clock.advance(minutes=10)
    desk.act("edit_field", lead_id=deal, field=str(CALL), value=length)
    desk.carry_hooks()


def ends(desk: CrmDesk, lead: str) -> list[tuple[str, str, str]]:
    """What a person who asks is told of each goal: how it ends, and by which rule."""
    return [(one.goal, one.ended, one.rule) for one in desk.explained(lead).decisions]


def test_a_form_of_a_program_whose_phone_is_hung_up_is_held_until_somebody_talks(desk: CrmDesk) -> None:
    lead = desk.submit("anna", phone="+7 999 000-00-03", client_id=ANNA, fill_seconds="1")
    desk.settle()
    [deal] = desk.deals_of(lead)
    assert (desk.state(lead).fraud.gate, desk.state(lead).fraud.signs) == (Gate.OPEN, ("too_fast 60",))
    tell(desk, deal, "0:03")
    held = desk.state(lead).fraud
    assert (held.gate, held.signs) == (Gate.HELD, ("short_call 60", "too_fast 60"))
    assert "short_call 60" in held.verdict.reason
    assert ends(desk, lead) == [("lead_received", "held", "held.fraud_suspected")]
    tell(desk, deal, "02:40")
    assert desk.state(lead).fraud.gate is Gate.OPEN
    assert ends(desk, lead) == [("lead_received", "next upload", "window.will_link")]


def test_a_length_that_is_taken_out_again_says_nothing(desk: CrmDesk) -> None:
    lead = desk.submit("anna", phone="+7 999 000-00-03", client_id=ANNA)
    desk.settle()
    [deal] = desk.deals_of(lead)
    tell(desk, deal, "2")
    assert desk.state(lead).fraud.signs == ("short_call 60",)
    tell(desk, deal, "")
    view = desk.state(lead).deals[f"amocrm-lead-{deal}"]
    assert (view.call_seconds, desk.state(lead).fraud.signs) == (None, ())


def test_a_lead_that_was_born_as_a_call_is_weighed_too(desk: CrmDesk) -> None:
    fields = {str(CALL): "00:00:04", str(CALLED): "+7 495 000-00-01"}
    desk.deal(fields=fields)
    for _ in range(2):
        desk.clock.advance(minutes=11)
        desk.sync()
    [born] = [one.key.id for one in desk.world.documents("lead")]
    assert desk.state(born).fraud.signs == ("short_call 60",)


def test_a_reading_that_changes_nothing_writes_nothing(desk: CrmDesk) -> None:
    lead = desk.submit("anna", phone="+7 999 000-00-03", client_id=ANNA)
    desk.settle()
    [deal] = desk.deals_of(lead)
    tell(desk, deal, "65")
    before = desk.lead(lead).facts
    tell(desk, deal, "1:05")
    assert desk.lead(lead).facts == before
