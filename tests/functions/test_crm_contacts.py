"""Contacts that become known, or become others, once a deal has its lead: they are asked for then, and only then."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from leadloop.policy import Policy
from leadloop_standins.amocrm.crm.entities import Stamp
from leadloop_standins.amocrm.crm.links import link_contact
from support.crm_desk import ANNA, CrmDesk, crm_desk
from support.policies import sokol

PHONE, MISTYPED = "+7 999 000-00-03", "+7 999 000-00-30"
CONTACTS = "/api/v4/contacts"


def policy(mode: str = "hash") -> Policy:
    return sokol(mode, duplicates={"clients": {"stages": ["sold"]}})


@pytest.fixture
def desk() -> Iterator[CrmDesk]:
    with crm_desk(policy()) as desk:
        yield desk


def typed_in(desk: CrmDesk, **contact: str) -> tuple[int, int]:
    """A deal that a manager typed in, born a lead by now, and its contact."""
    made = desk.act("create_lead", name="Звонок", contact_name="Анна", **contact)
    for _ in range(2):
        desk.carry_hooks()
        desk.clock.advance(minutes=11)
        desk.sync()
    return made["lead_id"], made["contact_id"]


def correct(desk: CrmDesk, contact: int, phone: str) -> None:
    """A manager types a phone into the contact's card."""
    desk.clock.advance(minutes=10)
    desk.act("edit_contact", contact_id=contact, phone=phone)


def sold(desk: CrmDesk, deal: int) -> None:
    desk.clock.advance(hours=1)
    desk.move(deal, "sold")
    desk.carry_hooks()
    desk.clock.advance(days=2)


def asks_again(desk: CrmDesk, phone: str = PHONE) -> str:
    """Another form comes, with a phone."""
    lead = desk.submit(f"again-{phone}", phone=phone)
    desk.settle()
    return lead


def is_client(desk: CrmDesk, lead: str) -> bool:
    return desk.state(lead).circumstances.client_since is not None


def contact_calls(desk: CrmDesk) -> int:
    return sum(path.startswith(CONTACTS) for _, path in desk.calls())


class TestAPhoneTypedInLater:
    def test_is_the_leads_once_the_contacts_webhook_comes(self, desk: CrmDesk) -> None:
        deal, contact = typed_in(desk)
        assert desk.state(desk.ref(deal).owner or "").key_ids == set()
        correct(desk, contact, PHONE)
        desk.carry_hooks()
        sold(desk, deal)
        assert is_client(desk, asks_again(desk))

    def test_is_the_leads_once_a_pull_finds_the_deal_changed(self, desk: CrmDesk) -> None:
        deal, contact = typed_in(desk)
        correct(desk, contact, PHONE)
        desk.forget_hooks()
        desk.clock.advance(hours=1)
        desk.move(deal, "sold")
        desk.forget_hooks()
        desk.sync()
        desk.clock.advance(days=2)
        assert is_client(desk, asks_again(desk))

    @pytest.mark.parametrize("mode", ["hash", "keep"])
    def test_is_that_of_a_lead_from_the_site_that_came_without_one(self, mode: str) -> None:
        with crm_desk(policy(mode)) as desk:
            lead = desk.submit("anna", ym_client_id=ANNA)
            desk.settle()
            made = desk.act("create_lead", name="Чат", contact_name="Анна", phone=PHONE, fields={"LEADLOOP_ID": lead})
            desk.carry_hooks()
            sold(desk, made["lead_id"])
            again = asks_again(desk)
            assert (is_client(desk, again), desk.state(lead).circumstances.person is None) == (True, False)

    def test_makes_a_later_form_a_duplicate(self, desk: CrmDesk) -> None:
        deal, contact = typed_in(desk)
        lead = asks_again(desk)
        assert desk.lead(lead).circumstances.repeats is None
        correct(desk, contact, PHONE)
        desk.carry_hooks()
        assert desk.lead(lead).circumstances.repeats == desk.ref(deal).owner

    def test_is_never_asked_for_in_the_mode_none(self) -> None:
        with crm_desk(policy("none")) as desk:
            deal, contact = typed_in(desk)
            correct(desk, contact, PHONE)
            sold(desk, deal)
            assert (contact_calls(desk), desk.state(desk.ref(deal).owner or "").key_ids) == (0, set())


class TestACorrectedPhone:
    def test_joins_the_lead_to_whoever_comes_with_it_and_the_old_one_still_does(self, desk: CrmDesk) -> None:
        deal, contact = typed_in(desk, phone=MISTYPED)
        correct(desk, contact, PHONE)
        desk.carry_hooks()
        sold(desk, deal)
        assert is_client(desk, asks_again(desk, PHONE))
        assert is_client(desk, asks_again(desk, MISTYPED))

    def test_is_a_fact_once(self, desk: CrmDesk) -> None:
        deal, contact = typed_in(desk, phone=MISTYPED)
        owner = desk.ref(deal).owner or ""
        for phone in (PHONE, MISTYPED, PHONE):
            correct(desk, contact, phone)
            desk.carry_hooks()
        assert len(desk.state(owner).key_ids) == 2
        facts = desk.lead(owner).facts
        correct(desk, contact, MISTYPED)
        desk.carry_hooks()
        assert desk.lead(owner).facts == facts


class TestOtherContacts:
    def test_one_that_is_linked_to_a_deal_without_any_is_the_leads(self, desk: CrmDesk) -> None:
        lead = desk.submit("anna", phone=MISTYPED)
        desk.settle()
        deal = desk.deal(fields={"LEADLOOP_ID": lead})
        desk.carry_hooks()
        contact = desk.act("create_lead", name="Чужая", contact_name="Анна", phone=PHONE)["contact_id"]
        desk.clock.advance(hours=1)
        account = desk.amocrm.account
        stamp = Stamp(int(desk.clock.now().timestamp()), 0)
        link_contact(account, account.leads[deal], account.contacts[contact], stamp)
        account.leads[deal].touch(stamp)
        desk.forget_hooks()
        desk.sync()
        assert len(desk.state(lead).key_ids) == 2

    def test_one_that_comes_along_with_a_merged_deal_is_not(self, desk: CrmDesk) -> None:
        lead = desk.submit("anna", phone=PHONE)
        desk.settle()
        deal = desk.act("create_lead", name="Анна", contact_name="Анна", phone=PHONE)["lead_id"]
        desk.carry_hooks()
        other, _ = typed_in(desk, phone=MISTYPED)
        desk.act("merge", winner=deal, loser=other)
        for _ in range(3):
            desk.carry_hooks()
            desk.clock.advance(minutes=16)
            desk.sync()
        assert (desk.ref(deal).owner, len(desk.state(lead).key_ids)) == (lead, 1)


class TestCalls:
    def test_contacts_of_a_deal_whose_lead_has_a_phone_are_not_asked_for_as_it_goes_its_way(self) -> None:
        with crm_desk(policy("keep")) as desk:
            lead = desk.submit("anna", phone=PHONE)
            desk.settle()
            [deal] = desk.deals_of(lead)
            desk.forget_hooks()
            for stage in ("qualified", "meeting", "sold"):
                desk.clock.advance(hours=1)
                desk.move(deal, stage)
                desk.carry_hooks()
                desk.sync()
            assert "sold" in desk.state(lead).stages
            assert contact_calls(desk) == 0

    def test_of_many_deals_at_once_they_are_asked_for_in_one_call(self, desk: CrmDesk) -> None:
        deals = [desk.deal(contact_name=f"Анна {number}", phone=f"+7999000{number:04}") for number in range(20)]
        desk.forget_hooks()
        for _ in range(2):
            desk.clock.advance(minutes=11)
            desk.sync()
        asked = contact_calls(desk)
        assert {len(desk.state(desk.ref(deal).owner or "").key_ids) for deal in deals} == {1}
        assert asked <= 2
        desk.clock.advance(minutes=15)
        desk.sync()
        assert contact_calls(desk) == asked
