"""A lead of Bitrix24 becomes a deal: one owner and what was claimed, whichever of the two is read first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from leadloop import crm
from leadloop.crm.marks import Entity
from leadloop.crm.port import LEAD
from leadloop.crm.reader import Reader
from leadloop.leads.lead import Claim
from leadloop.leads.writing import lead_writes
from leadloop.ports.store import Delete, Update
from support.bitrix24_desk import HOST, PORTAL, TOKEN, Bitrix24Desk, bitrix24_desk, in_portal, number_of

PHONE, OTHER_PHONE = "8 (999) 000-00-02", "8 (999) 000-00-05"

Order = Callable[[Bitrix24Desk, str, str], None]


def hint(desk: Bitrix24Desk, external_id: str) -> None:
    kind = "DEAL" if external_id[0] == "D" else "LEAD"
    text = f"event=ONCRM{kind}UPDATE&data%5BFIELDS%5D%5BID%5D={number_of(external_id)}&auth%5Bdomain%5D={HOST}"
    assert desk.hook(f"{text}&auth%5Bapplication_token%5D={TOKEN}").status_code == 200
    desk.settle()


def lead_first(desk: Bitrix24Desk, card: str, deal: str) -> None:
    hint(desk, card)
    hint(desk, deal)


def deal_first(desk: Bitrix24Desk, card: str, deal: str) -> None:
    hint(desk, deal)
    hint(desk, card)


def deal_alone(desk: Bitrix24Desk, _card: str, deal: str) -> None:
    hint(desk, deal)


def by_pull(desk: Bitrix24Desk, _card: str, _deal: str) -> None:
    desk.sync()


@pytest.fixture
def desk() -> Iterator[Bitrix24Desk]:
    with bitrix24_desk() as desk:
        yield desk


@pytest.fixture(params=[lead_first, deal_first, deal_alone, by_pull])
def read(request: pytest.FixtureRequest) -> Order:
    order: Order = request.param
    return order


def anna(desk: Bitrix24Desk) -> str:
    lead = desk.submit("anna", phone="+7 999 000-00-02")
    desk.settle()
    return lead


def qualified_card(desk: Bitrix24Desk) -> str:
    """Anna's lead in the portal, in work for an hour."""
    card = desk.open("lead", phones=[PHONE], fields={"NAME": "Анна", "OPPORTUNITY": 100})
    desk.clock.advance(hours=1)
    desk.move(card, "qualified")
    return card


def convert(desk: Bitrix24Desk, card: str) -> str:
    desk.clock.advance(hours=1)
    deal = desk.convert(card)
    desk.forget_hooks()
    return deal


def claim(desk: Bitrix24Desk, lead_id: str, goal: str, external_id: str) -> None:
    """The uploader has taken a goal of the lead, on an entity of the portal."""
    claimed = Claim(
        goal=goal,
        identifier_kind="client_id",
        identifier="1700000000123456789",
        target=goal,
        date_time=1_788_250_000,
        price=None,
        currency=None,
        deadline="2026-09-22T06:00:00.000000Z",
        crm_ref=f"bitrix24-lead-{external_id}",
        row=f"1700000000123456789,{goal},1788250000",
    )
    lead = desk.lead(lead_id)
    document = next(one for one in desk.world.documents("lead") if one.key.id == lead_id)
    claims = {**lead.claims, goal: claimed}
    policy = desk.world.runtime.policy
    desk.world.store.commit(lead_writes(policy, lead.model_copy(update={"claims": claims}), document.version))


class TestALeadThatWasKnown:
    def test_gives_its_deal_its_owner(self, desk: Bitrix24Desk, read: Order) -> None:
        lead = anna(desk)
        card = qualified_card(desk)
        desk.carry_hooks()
        deal = convert(desk, card)
        read(desk, card, deal)
        owner, former = desk.ref(deal), desk.ref(card)
        assert (owner.owner, owner.aliases) == (lead, (former.id,))
        assert (former.alias_of, former.gone, former.owner) == (owner.id, "converted", lead)
        assert desk.lead(lead).ownership == {owner.id: True, former.id: True}
        assert desk.state(lead).crm_ref == owner.id
        assert len(desk.world.documents("lead")) == 1

    def test_and_what_was_claimed_is_claimed_for_both(self, desk: Bitrix24Desk, read: Order) -> None:
        lead = anna(desk)
        card = qualified_card(desk)
        desk.carry_hooks()
        claim(desk, lead, "lead_qualified", card)
        deal = convert(desk, card)
        desk.clock.advance(minutes=5)
        desk.move(deal, "qualified")
        desk.move(deal, "sold")
        desk.forget_hooks()
        read(desk, card, deal)
        assert desk.ref(deal).claimed == {"lead_qualified": lead}
        assert desk.ref(deal).frozen
        pending = desk.lead(lead).pending(desk.world.runtime.policy)
        assert (pending["flat_sold"].crm_ref, "lead_qualified" in pending) == (desk.ref(deal).id, False)

    def test_both_tell_their_stages(self, desk: Bitrix24Desk, read: Order) -> None:
        lead = anna(desk)
        card = qualified_card(desk)
        qualified_at = desk.clock.now()
        desk.carry_hooks()
        deal = convert(desk, card)
        desk.clock.advance(hours=1)
        desk.move(deal, "sold")
        desk.forget_hooks()
        read(desk, card, deal)
        state = desk.state(lead)
        assert {stage: entry.at for stage, entry in state.stages.items()} == {
            "qualified": qualified_at,
            "sold": desk.clock.now(),
        }

    def test_once_more_changes_nothing(self, desk: Bitrix24Desk, read: Order) -> None:
        anna(desk)
        card = qualified_card(desk)
        desk.carry_hooks()
        deal = convert(desk, card)
        lead_first(desk, card, deal)
        before = desk.resting()
        read(desk, card, deal)
        deal_first(desk, card, deal)
        desk.sync()
        assert desk.resting() == before

    def test_what_becomes_of_it_later_is_no_news_of_the_deal(self, desk: Bitrix24Desk, read: Order) -> None:
        lead = anna(desk)
        card = qualified_card(desk)
        desk.carry_hooks()
        deal = convert(desk, card)
        desk.edit(deal, fields={"OPPORTUNITY": 5000})
        desk.clock.advance(hours=2)
        desk.move(card, "lost")
        desk.edit(card, fields={"OPPORTUNITY": 7})
        desk.forget_hooks()
        read(desk, card, deal)
        hint(desk, card)
        state = desk.state(lead)
        assert "lost" not in state.stages
        assert state.price is not None
        assert state.price.amount == 500_000

    def test_deleted_later_it_takes_nothing_from_the_deal(self, desk: Bitrix24Desk, read: Order) -> None:
        lead = anna(desk)
        card = qualified_card(desk)
        desk.carry_hooks()
        deal = convert(desk, card)
        read(desk, card, deal)
        desk.delete(card)
        hint(desk, card)
        assert desk.state(lead).lost == {desk.ref(card).id: "converted"}
        assert desk.ref(deal).owner == lead

    def test_nor_does_it_take_the_deal_s_place_when_that_is_deleted(self, desk: Bitrix24Desk, read: Order) -> None:
        lead = anna(desk)
        card = qualified_card(desk)
        desk.carry_hooks()
        deal = convert(desk, card)
        read(desk, card, deal)
        desk.clock.advance(minutes=1)
        desk.edit(card, fields={"COMMENTS": "-"})
        desk.delete(deal)
        hint(desk, deal)
        assert desk.state(lead).lost[f"bitrix24-lead-{deal}"] == "deleted"
        assert desk.ref(card).alias_of == f"bitrix24-lead-{deal}"


class TestALeadThatNobodyHadRead:
    def test_is_read_before_its_deal(self, desk: Bitrix24Desk, read: Order) -> None:
        lead = anna(desk)
        card = qualified_card(desk)
        deal = convert(desk, card)
        read(desk, card, deal)
        assert desk.ref(deal).owner == lead
        assert desk.ref(card).alias_of == desk.ref(deal).id
        assert desk.state(lead).stages["qualified"].crm_ref == desk.ref(card).id

    def test_that_was_born_in_the_portal_is_one_lead_with_its_deal(self, desk: Bitrix24Desk, read: Order) -> None:
        card = qualified_card(desk)
        deal = convert(desk, card)
        read(desk, card, deal)
        desk.clock.advance(minutes=11)
        desk.sync()
        [born] = desk.world.documents("lead")
        assert desk.ref(deal).owner == desk.ref(card).owner == born.key.id

    def test_that_still_waits_for_its_form_is_taken_along(self, desk: Bitrix24Desk, read: Order) -> None:
        card = desk.open("lead", phones=[PHONE])
        desk.clock.advance(minutes=1)
        deal = desk.convert(card)
        desk.forget_hooks()
        read(desk, card, deal)
        desk.clock.advance(seconds=30)
        lead = anna(desk)
        desk.clock.advance(minutes=11)
        desk.sync()
        assert [one.key.id for one in desk.world.documents("lead")] == [lead]
        assert desk.ref(deal).owner == desk.ref(card).owner == lead
        assert desk.state(lead).crm_ref == desk.ref(deal).id, "it is on the deal, though it came after that was made"
        assert (desk.ref(deal).waits_until, desk.ref(card).waits_until, desk.marks()) == (None, None, [])

    @pytest.mark.parametrize("is_deal_first", [True, False])
    def test_that_is_read_together_with_its_deal_goes_first(self, desk: Bitrix24Desk, is_deal_first: bool) -> None:
        lead = anna(desk)
        card = qualified_card(desk)
        deal = convert(desk, card)
        both = [Entity("bitrix24", LEAD, one) for one in (deal, card)]
        Reader(desk.world.runtime, crm.connect(desk.world.runtime)).read(both if is_deal_first else both[::-1])
        assert desk.ref(deal).owner == desk.ref(card).owner == lead
        assert desk.ref(card).alias_of == desk.ref(deal).id

    def test_that_waits_still_is_taken_along_by_a_deal_that_finds_its_lead(self, desk: Bitrix24Desk) -> None:
        lead = anna(desk)
        card = desk.open("lead")
        hint(desk, card)
        deal = convert(desk, card)
        desk.edit(deal, fields={"UF_CRM_LEADLOOP_ID": lead})
        desk.forget_hooks()
        hint(desk, deal)
        assert desk.ref(deal).owner == desk.ref(card).owner == lead
        desk.clock.advance(minutes=11)
        desk.sync()
        assert [one.key.id for one in desk.world.documents("lead")] == [lead]

    def test_that_is_gone_leaves_its_deal_to_itself(self, desk: Bitrix24Desk) -> None:
        lead = anna(desk)
        card = qualified_card(desk)
        deal = convert(desk, card)
        desk.delete(card)
        deal_alone(desk, card, deal)
        desk.clock.advance(minutes=11)
        desk.sync()
        assert desk.ref(deal).owner == lead
        assert desk.ref(deal).aliases == ()


def stay_open(_desk: Bitrix24Desk, _deal: str) -> None:
    pass


def be_lost(desk: Bitrix24Desk, deal: str) -> None:
    desk.move(deal, "lost")


def be_deleted(desk: Bitrix24Desk, deal: str) -> None:
    desk.delete(deal)


class TestASecondDealOfALead:
    """Converted once more: the first deal came to nothing, or two flats are wanted."""

    @pytest.fixture(params=["hash", "none"])
    def desk(self, request: pytest.FixtureRequest) -> Iterator[Bitrix24Desk]:
        with bitrix24_desk(in_portal(request.param)) as desk:
            yield desk

    @pytest.fixture(params=[stay_open, be_lost, be_deleted])
    def end(self, request: pytest.FixtureRequest) -> Callable[[Bitrix24Desk, str], None]:
        end: Callable[[Bitrix24Desk, str], None] = request.param
        return end

    def born(self, desk: Bitrix24Desk) -> str:
        """A card with a ClientID that no form of ours sent, long enough in the portal."""
        card = desk.open("lead", phones=[PHONE], fields={"UF_CRM_YM_CLIENT_ID": "1700000000123456789"})
        desk.carry_hooks()
        desk.clock.advance(minutes=11)
        desk.sync()
        return card

    def test_is_one_more_deal_of_ours(
        self, desk: Bitrix24Desk, end: Callable[[Bitrix24Desk, str], None], read: Order
    ) -> None:
        card = self.born(desk)
        lead = str(desk.ref(card).owner)
        first = convert(desk, card)
        desk.move(first, "qualified")
        hint(desk, first)
        claim(desk, lead, "lead_qualified", first)
        end(desk, first)
        hint(desk, first)
        second = convert(desk, card)
        desk.clock.advance(hours=1)
        desk.move(second, "qualified")
        desk.move(second, "sold")
        desk.forget_hooks()
        read(desk, card, second)
        desk.clock.advance(minutes=20)
        desk.sync()
        assert [one.key.id for one in desk.world.documents("lead")] == [lead]
        assert (desk.ref(second).owner, desk.ref(second).frozen) == (lead, True)
        pending = desk.lead(lead).pending(desk.world.runtime.policy)
        assert (pending["flat_sold"].crm_ref, "lead_qualified" in pending) == (desk.ref(second).id, False)
        assert desk.ref(card).alias_of is not None

    def test_is_said_once_and_read_again_changes_nothing(self, desk: Bitrix24Desk) -> None:
        card = self.born(desk)
        first, second = convert(desk, card), convert(desk, card)
        hint(desk, first)
        hint(desk, second)
        resting = desk.resting()
        hint(desk, second)
        assert desk.resting() == resting
        assert [said["external_id"] for said in desk.said("crm_entity_converted")] == [first, second]

    def test_of_a_test_lead_is_nobody_s_as_well(self, desk: Bitrix24Desk) -> None:
        card = self.born(desk)
        first = convert(desk, card)
        hint(desk, first)
        ref = next(one for one in desk.world.documents("crm_ref") if one.key.id == desk.ref(card).id)
        lead = next(one for one in desk.world.documents("lead"))
        nobodys = {name: value for name, value in ref.fields.items() if name not in ("leads", "owner")}
        trial = {**nobodys, "of_trial": "of-a-test"}
        desk.world.store.commit([Update(ref.key, trial, ref.version), Delete(lead.key, lead.version)])
        second = convert(desk, card)
        desk.clock.advance(minutes=11)
        hint(desk, second)
        assert (desk.ref(second).of_trial, desk.ref(second).owner) == ("of-a-test", None)
        assert desk.world.documents("lead") == []

    def test_of_a_lead_that_was_erased_is_matched_by_itself(self) -> None:
        with bitrix24_desk(in_portal("none")) as desk:
            card = self.born(desk)
            lead = str(desk.ref(card).owner)
            hint(desk, convert(desk, card))
            document = next(one for one in desk.world.documents("lead") if one.key.id == lead)
            desk.world.store.commit([Delete(document.key, document.version)])
            second = convert(desk, card)
            desk.clock.advance(minutes=11)
            hint(desk, second)
            assert desk.ref(second).owner not in (None, lead)
            assert [one.key.id for one in desk.world.documents("lead")] == [desk.ref(second).owner]


class TestSeveral:
    def test_in_the_mode_none_too(self, read: Order) -> None:
        with bitrix24_desk(in_portal("none")) as desk:
            lead = desk.submit("anna", client_id="1700000000123456789")
            desk.settle()
            card = desk.open("lead", fields={"UF_CRM_YM_CLIENT_ID": "1700000000123456789"})
            deal = convert(desk, card)
            read(desk, card, deal)
            assert (desk.ref(deal).owner, desk.ref(card).owner) == (lead, lead)

    def test_the_conversion_itself_may_be_a_stage(self, read: Order) -> None:
        pipelines = {**PORTAL["pipelines"], "leads": {"CONVERTED": "qualified", "JUNK": "lost"}}
        ignored = ["0/NEW", "1/C1:NEW", "leads/NEW", "leads/IN_PROCESS", "leads/PROCESSED"]
        with bitrix24_desk(in_portal(crm={"pipelines": pipelines, "ignored": ignored})) as desk:
            lead = anna(desk)
            card = desk.open("lead", phones=[PHONE])
            deal = convert(desk, card)
            read(desk, card, deal)
            entry = desk.state(lead).stages["qualified"]
            assert (entry.at, entry.crm_ref) == (desk.clock.now(), desk.ref(card).id)

    def test_is_said_once(self, desk: Bitrix24Desk) -> None:
        anna(desk)
        card = qualified_card(desk)
        deal = convert(desk, card)
        deal_first(desk, card, deal)
        lead_first(desk, card, deal)
        [said] = desk.said("crm_entity_converted")
        assert (said["external_id"], said["made_of"]) == (deal, card)
