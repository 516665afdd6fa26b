"""sync-crm and read-crm where the CRM's list, its cards and two readers do not agree for a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from leadloop.crm import connect, pulling
from leadloop.crm.amocrm.account import AmoCrmAccount
from leadloop.crm.port import ChangePage, Feed, History
from leadloop.facts import FactKind
from leadloop.json_types import JsonObject
from support.crm_desk import ANNA, BORIS, CrmDesk, crm_desk
from support.policies import sokol

Deed = Callable[[], None]


@pytest.fixture
def desk() -> Iterator[CrmDesk]:
    with crm_desk(sokol("hash")) as desk:
        yield desk


def known(desk: CrmDesk, **order: object) -> tuple[str, int]:
    """A lead and its deal, both known, and an hour gone by."""
    lead = desk.submit("anna", client_id=ANNA)
    desk.settle()
    deal = desk.deal(fields={"_YM_UID": ANNA}, **order)
    desk.carry_hooks()
    pass_pulls(desk, 4)
    return lead, deal


def pass_pulls(desk: CrmDesk, pulls: int) -> None:
    for _ in range(pulls):
        desk.clock.advance(minutes=15)
        desk.sync()
    desk.forget_hooks()


@pytest.fixture
def before_the_answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Deed], None]:
    """Let something happen once, between what the CRM said of a deal and what is made of it."""

    def arrange(deed: Deed) -> None:
        asked = AmoCrmAccount.histories
        happened: list[bool] = []

        def histories(account: AmoCrmAccount, ids: list[str]) -> dict[str, History]:
            told = asked(account, ids)
            if not happened:
                happened.append(True)
                deed()
            return told

        monkeypatch.setattr(AmoCrmAccount, "histories", histories)

    return arrange


def test_a_deal_deleted_while_it_is_read_for_the_first_time_is_known_to_be_gone(
    desk: CrmDesk, before_the_answer: Callable[[Deed], None]
) -> None:
    """The pull meets the deletion of a deal that nobody knows yet; the reader then makes it known."""
    pass_pulls(desk, 2)
    lead = desk.submit("anna", client_id=ANNA)
    desk.settle()
    deal = desk.deal(fields={"LEADLOOP_ID": lead})
    created = desk.amocrm.deliveries.all[-1].body

    def deleted() -> None:
        desk.clock.advance(seconds=2)
        desk.act("delete", lead_id=deal)
        desk.forget_hooks()
        desk.clock.advance(seconds=8)
        desk.sync()

    before_the_answer(deleted)
    desk.hook(created)
    desk.settle()
    pass_pulls(desk, 2)
    assert desk.ref(deal).gone == "deleted"
    assert desk.marks() == []


def test_a_deal_edited_and_deleted_in_one_second_of_one_pull_is_known_to_be_gone(
    desk: CrmDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, deal = known(desk)
    desk.act("rename", lead_id=deal, name="мусор")
    desk.forget_hooks()
    listed = AmoCrmAccount.changes
    gone: list[int] = []

    def changes(account: AmoCrmAccount, feed: Feed, since: datetime, position: JsonObject | None) -> ChangePage:
        if feed is Feed.DELETED and not gone:
            gone.append(deal)
            desk.act("delete", lead_id=deal)
            desk.forget_hooks()
            desk.clock.advance(seconds=8)
        return listed(account, feed, since, position)

    monkeypatch.setattr(AmoCrmAccount, "changes", changes)
    desk.sync()
    pass_pulls(desk, 2)
    assert desk.ref(deal).gone == "deleted"


def test_a_card_that_lags_behind_the_list_is_read_again(desk: CrmDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    lead, deal = known(desk)
    before = connect(desk.world.runtime).read_leads([str(deal)])
    desk.move(deal, "qualified")
    desk.forget_hooks()
    desk.clock.advance(minutes=15)
    with monkeypatch.context() as behind:
        behind.setattr(AmoCrmAccount, "read_leads", lambda *_: before)
        behind.setattr(AmoCrmAccount, "histories", lambda _, ids: dict.fromkeys(ids, History()))
        desk.sync()
    assert "qualified" not in desk.state(lead).stages
    pass_pulls(desk, 1)
    assert "qualified" in desk.state(lead).stages
    assert desk.marks() == []


@pytest.mark.parametrize("reads_again", ["hook", "pull"])
def test_an_old_price_is_not_put_over_a_newer_one_that_was_known_before(
    desk: CrmDesk, before_the_answer: Callable[[Deed], None], reads_again: str
) -> None:
    """The lease of a reader runs out while it holds 100; the price is 200 again, which says nothing new."""
    lead, deal = known(desk, price=150)
    desk.act("set_price", lead_id=deal, price=200)
    desk.carry_hooks()
    desk.clock.advance(minutes=1)
    desk.act("set_price", lead_id=deal, price=100)
    lower = desk.amocrm.deliveries.all[-1].body

    def back_again() -> None:
        desk.clock.advance(minutes=5)
        desk.act("set_price", lead_id=deal, price=200)
        higher = desk.amocrm.deliveries.all[-1].body
        desk.forget_hooks()
        if reads_again == "hook":
            desk.hook(higher)
            desk.settle()
        else:
            desk.clock.advance(seconds=10)
            desk.sync()

    before_the_answer(back_again)
    desk.hook(lower)
    desk.settle()
    pass_pulls(desk, 2)
    prices = [fact.values["amount"] for fact in desk.lead(lead).facts if fact.kind is FactKind.PRICE_OBSERVED]
    assert prices[-1] == 20_000
    assert desk.marks() == []


class TestAQuietEditBeforeALoss:
    """A deal is renamed, which no fact tells, and lost soon after; another deal of its contact changed in between."""

    @pytest.fixture
    def deals(self, desk: CrmDesk) -> tuple[str, int, int, int]:
        desk.settings(merge_fills_gaps=False)
        lead, lost = known(desk, contact_name="Анна", phone="+79990000003")
        contact = next(iter(desk.amocrm.account.contacts))
        other, third = desk.deal(contact_id=contact), desk.deal(contact_id=contact)
        pass_pulls(desk, 4)
        desk.move(lost, "qualified")
        desk.carry_hooks()
        desk.clock.advance(minutes=10)
        desk.act("rename", lead_id=other, name="другая")
        desk.carry_hooks()
        desk.clock.advance(minutes=10)
        desk.act("rename", lead_id=lost, name="эта")
        desk.carry_hooks()
        desk.clock.advance(minutes=20)
        return lead, lost, other, third

    def test_it_is_not_taken_for_merged_into_that_deal(self, desk: CrmDesk, deals: tuple[str, int, int, int]) -> None:
        lead, lost, _, _ = deals
        desk.act("delete", lead_id=lost)
        desk.carry_hooks()
        pass_pulls(desk, 2)
        assert desk.ref(lost).gone == "deleted"
        assert desk.state(lead).crm_ref == f"amocrm-lead-{lost}"

    def test_the_deal_it_was_merged_into_is_found(self, desk: CrmDesk, deals: tuple[str, int, int, int]) -> None:
        _, lost, _, survivor = deals
        desk.act("merge", winner=survivor, loser=lost)
        desk.carry_hooks()
        pass_pulls(desk, 2)
        assert desk.ref(lost).alias_of == f"amocrm-lead-{survivor}"


def test_a_price_that_no_store_can_hold_stops_no_other_deal(desk: CrmDesk) -> None:
    """A slip of the keyboard or of an import."""
    _, odd = known(desk)
    desk.amocrm.account.leads[odd].price = 10**17
    desk.act("rename", lead_id=odd, name="сто квадриллионов")
    other = desk.deal(fields={"_YM_UID": BORIS})
    desk.forget_hooks()
    pass_pulls(desk, 2)
    assert desk.ref(other).leads
    assert desk.marks() == []
    desk.act("set_price", lead_id=odd, price=1_500_000)
    pass_pulls(desk, 1)
    [owner] = desk.ref(odd).leads
    assert desk.state(owner).price is not None


def test_a_deal_that_waits_for_its_lead_finds_it_although_another_was_merged_into_it(desk: CrmDesk) -> None:
    known_before = desk.deal(contact_name="Анна", phone="+79990000003")
    contact = next(iter(desk.amocrm.account.contacts))
    desk.carry_hooks()
    pass_pulls(desk, 2)
    deal = desk.deal(fields={"_YM_UID": ANNA}, contact_id=contact)
    desk.carry_hooks()
    desk.clock.advance(minutes=2)
    desk.act("merge", winner=deal, loser=known_before)
    desk.carry_hooks()
    lead = desk.submit("anna", client_id=ANNA)
    desk.settle()
    pass_pulls(desk, 2)
    desk.move(deal, "sold")
    desk.carry_hooks()
    assert desk.state(lead).crm_ref == f"amocrm-lead-{deal}"
    assert "sold" in desk.state(lead).stages


class TestAMassEdit:
    def test_what_was_read_is_not_read_again_while_nothing_happens(
        self, desk: CrmDesk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Of more changes than the cursor remembers the earlier ones are left to the webhooks."""
        monkeypatch.setattr(pulling, "MOST_SEEN", 20)
        for _ in range(60):
            desk.deal()
            desk.clock.advance(seconds=1)
        pass_pulls(desk, 2)
        writes = desk.world.store.usage.writes
        told = desk.sync()
        lease_taken_and_given_back = 2
        assert (told["found"], told["read"]) == (0, 0)
        assert desk.world.store.usage.writes - writes == lease_taken_and_given_back

    def test_a_mass_edit_of_one_second_is_remembered_whole(
        self, desk: CrmDesk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pulling, "MOST_SEEN", 20)
        for _ in range(60):
            desk.deal()
        pass_pulls(desk, 2)
        assert desk.sync()["found"] == 0
