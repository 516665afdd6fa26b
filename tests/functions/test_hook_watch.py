"""Webhooks that cease: told once, when two pulls found what none of them came for; and once when they return."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.crm_desk import ANNA, CrmDesk, crm_desk
from support.policies import sokol

CEASED, AGAIN = "crm_hooks_ceased", "crm_hooks_come_again"


@pytest.fixture
def desk() -> Iterator[CrmDesk]:
    with crm_desk(sokol("hash")) as desk:
        desk.submit("anna", client_id=ANNA)
        desk.settle()
        yield desk


def told(desk: CrmDesk) -> list[str]:
    return [entry.event for entry in desk.world.log.entries if entry.event in (CEASED, AGAIN)]


def pass_period(desk: CrmDesk, deal: int | None = None, *, hooks: bool = False) -> None:
    """A quarter of an hour in which a deal's price may change, and the pull at its end."""
    desk.clock.advance(minutes=5)
    if deal is not None:
        desk.act("set_price", lead_id=deal, price=1000 + len(desk.amocrm.journal.entries))
    if hooks:
        desk.carry_hooks()
    else:
        desk.forget_hooks()
    desk.clock.advance(minutes=10)
    desk.sync()


@pytest.fixture
def deal(desk: CrmDesk) -> int:
    """A deal of which a webhook told, in the period before."""
    deal = desk.deal(fields={"_YM_UID": ANNA})
    pass_period(desk, deal, hooks=True)
    assert told(desk) == []
    return deal


def test_that_cease_are_told_once_and_once_when_they_come_again(desk: CrmDesk, deal: int) -> None:
    for _ in range(2):  # at the first the webhook of before still lies within two periods
        pass_period(desk, deal)
    assert told(desk) == []
    pass_period(desk, deal)
    assert told(desk) == [CEASED]
    for _ in range(5):
        pass_period(desk, deal)
    assert told(desk) == [CEASED]
    pass_period(desk, deal, hooks=True)
    assert told(desk) == [CEASED, AGAIN]
    for _ in range(5):
        pass_period(desk, deal)
    assert told(desk) == [CEASED, AGAIN, CEASED]


def test_what_to_do_is_said(desk: CrmDesk, deal: int) -> None:
    for _ in range(3):
        pass_period(desk, deal)
    [entry] = [one for one in desk.world.log.entries if one.event == CEASED]
    assert entry.severity == "WARNING"
    assert "leadloop doctor" in str(entry.details["what_to_do"])
    assert "when the last one came" in str(entry.details["what_to_do"]), "not every CRM lists its webhooks"


def test_a_quiet_night_says_nothing(desk: CrmDesk, deal: int) -> None:
    for _ in range(40):
        pass_period(desk)
    pass_period(desk, deal)
    assert told(desk) == []


def test_pulls_that_find_nothing_between_do_not_make_it_forget(desk: CrmDesk, deal: int) -> None:
    for _ in range(4):
        pass_period(desk)
    pass_period(desk, deal)
    pass_period(desk)
    assert told(desk) == []
    pass_period(desk, deal)
    assert told(desk) == [CEASED]


def test_a_webhook_between_two_pulls_begins_the_count_anew(desk: CrmDesk, deal: int) -> None:
    for _ in range(2):
        pass_period(desk, deal)
    pass_period(desk, deal, hooks=True)
    for _ in range(2):
        pass_period(desk, deal)
    assert told(desk) == []


def test_who_never_had_webhooks_is_not_told(desk: CrmDesk) -> None:
    deal = desk.deal(fields={"_YM_UID": ANNA})
    for _ in range(6):
        pass_period(desk, deal)
    assert told(desk) == []
    assert not [one for one in desk.world.documents("cursor") if one.key.id.endswith("-hooks")]
