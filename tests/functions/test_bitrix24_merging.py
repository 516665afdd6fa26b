"""Leads of Bitrix24 that are gone: merged, by their own phones, into others that go on; deleted; converted before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.bitrix24_desk import Bitrix24Desk, bitrix24_desk, in_portal, number_of

PHONE, OTHER_PHONE = "8 (999) 000-00-02", "8 (999) 000-00-05"


@pytest.fixture
def desk() -> Iterator[Bitrix24Desk]:
    with bitrix24_desk() as desk:
        yield desk


def form(desk: Bitrix24Desk, submission_id: str, phone: str = PHONE) -> tuple[str, str]:
    """A form, and the lead that was made of it in the portal."""
    lead = desk.submit(submission_id, phone=phone)
    desk.settle()
    card = desk.open("lead", phones=[phone])
    desk.carry_hooks()
    assert desk.ref(card).owner == lead
    desk.clock.advance(days=1)
    return lead, card


def merge(desk: Bitrix24Desk, winner: str, loser: str) -> None:
    desk.act("merge", kind="lead", winner=number_of(winner), losers=[number_of(loser)])


def sold(desk: Bitrix24Desk, deal: str) -> None:
    desk.clock.advance(hours=1)
    desk.move(deal, "sold")
    desk.carry_hooks()


@pytest.mark.parametrize("survivor", ["older", "newer"])
def test_its_sale_is_the_older_one_s(desk: Bitrix24Desk, survivor: str) -> None:
    (lead, card), (_, later) = form(desk, "anna"), form(desk, "again")
    stays, goes = (card, later) if survivor == "older" else (later, card)
    merge(desk, stays, goes)
    desk.carry_hooks()
    assert (desk.ref(goes).gone, desk.ref(goes).alias_of) == ("merged", desk.ref(stays).id)
    assert desk.ref(stays).owner == lead
    deal = desk.convert(stays)
    sold(desk, deal)
    [pending] = [one for one in desk.lead(lead).pending(desk.world.runtime.policy).values() if one.goal == "flat_sold"]
    assert pending.crm_ref == desk.ref(deal).id


def test_also_when_the_one_that_is_left_was_converted_before_it_is_known(desk: Bitrix24Desk) -> None:
    (lead, card), (_, later) = form(desk, "anna"), form(desk, "again")
    merge(desk, later, card)
    told = desk.posted()
    deal = desk.convert(later)
    desk.carry_hooks()
    assert desk.ref(deal).owner != lead
    for body in told:
        desk.hook(body)
    desk.settle()
    assert desk.ref(card).alias_of == desk.ref(deal).id
    assert {lead} < {*desk.ref(deal).leads}
    assert desk.state(lead).crm_ref == desk.ref(deal).id


@pytest.mark.parametrize("phone", [PHONE, OTHER_PHONE])
def test_one_that_was_deleted_took_nothing_along(desk: Bitrix24Desk, phone: str) -> None:
    """Hers did not change since, and what did is another person's or a deal: nothing of it is what hers went into."""
    (lead, card), (_, later) = form(desk, "anna"), form(desk, "boris", phone)
    desk.edit(card, fields={"OPPORTUNITY": 10})
    deal = desk.open(phones=[PHONE])
    desk.carry_hooks()
    desk.clock.advance(hours=1)
    desk.edit(deal, fields={"COMMENTS": "-"})
    if phone == OTHER_PHONE:
        desk.edit(later, fields={"COMMENTS": "-"})
    desk.delete(card)
    desk.carry_hooks()
    assert (desk.ref(card).gone, desk.ref(card).alias_of) == ("deleted", None)
    assert desk.state(lead).lost == {desk.ref(card).id: "deleted"}


@pytest.mark.parametrize("is_deal_first", [True, False])
@pytest.mark.parametrize("mode", ["hash", "none"])
def test_one_that_was_converted_and_then_deleted_was_converted(mode: str, is_deal_first: bool) -> None:
    with bitrix24_desk(in_portal(mode)) as desk:
        card = desk.open("lead", phones=[PHONE])
        desk.carry_hooks()
        desk.clock.advance(hours=1)
        desk.sync()
        lead = str(desk.ref(card).owner)
        deal = desk.convert(card)
        made = desk.posted()
        desk.clock.advance(hours=1)
        desk.delete(card)
        removed = desk.posted()
        for body in [*made, *removed] if is_deal_first else [*removed, *made]:
            desk.hook(body)
            desk.settle()
        assert desk.state(lead).lost == {desk.ref(card).id: "converted"}
        assert (desk.ref(card).gone, desk.ref(card).alias_of) == ("converted", desk.ref(deal).id)
        assert (desk.state(lead).crm_ref, desk.ref(deal).owner) == (desk.ref(deal).id, lead)
