"""A bot posts somebody's phone: the deal of that person is not the bot's, nor is what sales make of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from leadloop.leads.fraud import Gate
from support.crm_desk import ANNA, BORIS, CrmDesk, crm_desk
from support.policies import sokol

PHONE = "+7 999 000-00-03"


@pytest.fixture
def desk() -> Iterator[CrmDesk]:
    with crm_desk(sokol("hash")) as desk:
        yield desk


def person(desk: CrmDesk) -> str:
    return desk.submit("anna", phone=PHONE, client_id=ANNA)


def bot(desk: CrmDesk, **more: str) -> str:
    return desk.submit("bot", phone=PHONE, client_id=BORIS, website="https://spam.example", **more)


def deal(desk: CrmDesk) -> int:
    """The site's own integration tells the CRM of a form, by its phone alone."""
    made = desk.deal(contact_name="Анна", phone=PHONE)
    desk.carry_hooks()
    return made


def wait(desk: CrmDesk) -> None:
    """Until a deal whose lead may still be on its way has been looked at again."""
    for _ in range(2):
        desk.clock.advance(minutes=11)
        desk.sync()
        desk.settle()


@pytest.mark.parametrize("bot_first", [True, False])
@pytest.mark.parametrize("minutes", [0, 5])
def test_a_persons_deal_is_the_persons(desk: CrmDesk, bot_first: bool, minutes: int) -> None:
    leads = {}
    for post in (bot, person) if bot_first else (person, bot):
        leads[post.__name__] = post(desk)
        desk.settle()
    desk.clock.advance(minutes=minutes)
    made = deal(desk)
    desk.move(made, "qualified")
    desk.carry_hooks()
    wait(desk)
    assert desk.ref(made).owner == leads["person"]
    assert desk.state(leads["person"]).stage == "qualified"
    assert desk.state(leads["bot"]).fraud.gate is Gate.HELD


def test_a_deal_that_was_there_before_is_not_the_bots(desk: CrmDesk) -> None:
    """Somebody called; the bot posts that phone afterwards, together with an e-mail of somebody else."""
    boris = desk.submit("boris", email="boris@example.org", client_id="1700000000123456791")
    desk.settle()
    made = deal(desk)
    desk.move(made, "qualified")
    desk.forget_hooks()
    desk.clock.advance(minutes=2)
    held = bot(desk, email="boris@example.org")
    desk.settle()
    wait(desk)
    assert desk.ref(made).owner not in (held, boris)
    assert desk.state(held).fraud.gate is Gate.HELD
    assert desk.lead(boris).circumstances.person != desk.lead(held).circumstances.person
    assert desk.lead(boris).repeat_of is None


def test_whoever_was_held_for_nothing_is_found_by_the_deal_of_the_form(desk: CrmDesk) -> None:
    held = bot(desk)
    desk.settle()
    assert desk.state(held).fraud.gate is Gate.HELD
    made = deal(desk)
    desk.move(made, "qualified")
    desk.carry_hooks()
    assert (desk.ref(made).owner, desk.state(held).fraud.gate) == (held, Gate.RELEASED)
