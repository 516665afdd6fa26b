"""sync-crm: what no webhook told of is found within one pull, and nothing is marked, read or told twice for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from leadloop.leases import lease
from leadloop.ports.store import StoreUnavailable
from support.crm_desk import ANNA, BORIS, CrmDesk, crm_desk
from support.policies import PIPELINE, QUALIFIED, sokol
from support.settable_clock import MORNING

VERA = "1700000000123456791"


@pytest.fixture
def desk() -> Iterator[CrmDesk]:
    with crm_desk(sokol("hash")) as desk:
        yield desk


def site_deal(desk: CrmDesk, client_id: str = ANNA, **order: object) -> int:
    return desk.deal(fields={"_YM_UID": client_id}, **order)


def linked(desk: CrmDesk, who: str = "anna", client_id: str = ANNA, **form: str) -> tuple[str, int]:
    """A lead and its deal, both known; webhooks from now on are lost."""
    lead = desk.submit(who, client_id=client_id, **form)
    desk.settle()
    deal = site_deal(desk, client_id, contact_name=who, phone=form.get("phone"))
    desk.carry_hooks()
    desk.carry_hooks()
    return lead, deal


class TestThePull:
    def test_a_lost_webhook_costs_one_pull(self, desk: CrmDesk) -> None:
        lead, deal = linked(desk)
        desk.clock.advance(hours=1)
        desk.move(deal, "qualified")
        desk.forget_hooks()
        desk.clock.advance(minutes=15)
        assert desk.sync()["found"] == 1
        assert desk.state(lead).stages["qualified"].at == MORNING + timedelta(hours=1)

    def test_what_did_not_change_is_not_marked_again(self, desk: CrmDesk) -> None:
        linked(desk)
        desk.clock.advance(seconds=5)
        desk.sync()
        assert desk.sync() == {"outcome": "ran", "found": 0, "complete": True, "read": 0, "announced": 0}

    def test_a_deal_created_in_the_second_of_the_last_change_is_not_missed(self, desk: CrmDesk) -> None:
        linked(desk)
        desk.sync()
        other = site_deal(desk, BORIS)
        desk.forget_hooks()
        desk.clock.advance(minutes=15)
        desk.sync()
        assert desk.ref(other).leads

    def test_a_second_move_in_the_second_in_which_the_first_was_read_is_not_missed(self, desk: CrmDesk) -> None:
        lead, deal = linked(desk)
        desk.clock.advance(hours=1)
        desk.move(deal, "qualified")
        desk.carry_hooks()
        desk.move(deal, "meeting")
        desk.forget_hooks()
        desk.clock.advance(minutes=15)
        desk.sync()
        assert list(desk.state(lead).stages) == ["qualified", "meeting"]
        assert desk.sync()["found"] == 0

    def test_a_change_shown_late_within_the_overlap_is_not_missed(self, desk: CrmDesk) -> None:
        """The list may show an edit after a later one of another deal."""
        linked(desk)
        desk.clock.advance(minutes=9)
        newer = site_deal(desk, BORIS)
        desk.sync()
        desk.clock.set(MORNING)
        older = site_deal(desk, VERA)
        desk.forget_hooks()
        desk.clock.advance(minutes=15)
        desk.sync()
        assert desk.ref(older).leads
        assert desk.ref(newer).waits_until

    def test_deals_that_moved_are_written_together_and_their_total_once(self, desk: CrmDesk) -> None:
        deals = [
            linked(desk, who, client_id)[1] for who, client_id in (("anna", ANNA), ("boris", BORIS), ("vera", VERA))
        ]
        desk.sync()
        desk.clock.advance(hours=1)
        for deal in deals:
            desk.move(deal, "qualified")
        desk.forget_hooks()
        desk.clock.advance(minutes=15)
        writes = desk.world.store.usage.writes
        assert desk.sync()["read"] == 3
        leads, total, cursor, no_hook_came, two_leases_taken_and_returned = 3, 1, 1, 1, 4
        expected = leads + total + cursor + no_hook_came + two_leases_taken_and_returned
        assert desk.world.store.usage.writes - writes == expected

    @pytest.mark.parametrize("filters", ["honoured", "ignored", "refused"])
    @pytest.mark.parametrize("short_pages", [False, True])
    def test_every_deal_of_many_pages_is_found_whatever_the_account_honours(
        self, desk: CrmDesk, filters: str, short_pages: bool
    ) -> None:
        deals = []
        for number in range(300):
            desk.clock.advance(seconds=number % 3)
            deals.append(site_deal(desk, str(1_700_000_000_000_000_000 + number)))
        desk.forget_hooks()
        desk.settings(filters=filters, short_pages=short_pages)
        told = desk.sync()
        assert (told["read"], told["complete"]) == (300, True)
        assert {document.fields["external_id"] for document in desk.world.documents("crm_ref")} == set(map(str, deals))

    def test_hundreds_of_deals_edited_in_one_second_are_all_found(self, desk: CrmDesk) -> None:
        for number in range(600):
            site_deal(desk, str(1_700_000_000_000_000_000 + number))
        desk.forget_hooks()
        assert desk.sync()["read"] == 600

    def test_the_first_pull_looks_back_one_day(self, desk: CrmDesk) -> None:
        site_deal(desk, BORIS)
        desk.clock.advance(hours=2)
        recent = site_deal(desk)
        desk.forget_hooks()
        desk.clock.advance(hours=22, seconds=1)
        assert desk.sync()["read"] == 1
        assert [one.fields["external_id"] for one in desk.world.documents("crm_ref")] == [str(recent)]

    def test_an_old_deal_is_read_when_it_next_changes(self, desk: CrmDesk) -> None:
        old = site_deal(desk, pipeline_id=int(PIPELINE), status_id=int(QUALIFIED))
        desk.forget_hooks()
        desk.clock.advance(days=30)
        desk.sync()
        desk.move(old, "sold")
        desk.forget_hooks()
        desk.sync()
        desk.clock.advance(minutes=11)
        desk.sync()
        state = desk.state(desk.world.the("lead").key.id)
        assert {stage: entry.at for stage, entry in state.stages.items()} == {
            "qualified": MORNING,
            "sold": MORNING + timedelta(days=30),
        }


class TestACrmThatIsDown:
    def test_the_cursor_stays_and_a_day_of_changes_is_found_afterwards(self, desk: CrmDesk) -> None:
        lead, deal = linked(desk)
        desk.sync()
        desk.break_next("drop_before", times=None)
        for stage in ("qualified", "meeting", "sold"):
            desk.clock.advance(hours=8)
            desk.move(deal, stage)
            desk.forget_hooks()
            told = desk.sync()
            assert (told["outcome"], told["complete"]) == ("ran", False)
        desk.amocrm.faults.clear()
        desk.clock.advance(minutes=15)
        desk.sync()
        assert list(desk.state(lead).stages) == ["qualified", "meeting", "sold"]

    def test_one_error_is_logged_a_run_with_what_to_do(self, desk: CrmDesk) -> None:
        desk.break_next("status", times=None, status=401)
        desk.sync()
        [entry] = [entry for entry in desk.world.log.entries if entry.severity == "ERROR"]
        assert entry.event == "crm_unreadable"
        assert "token" in str(entry.details["what_to_do"])

    def test_a_run_that_broke_off_between_pages_goes_on_from_there(self, desk: CrmDesk) -> None:
        for number in range(300):
            desk.clock.advance(seconds=1)
            site_deal(desk, str(1_700_000_000_000_000_000 + number))
        desk.forget_hooks()
        desk.break_next("status", path="/api/v4/leads", after=1, times=None)
        assert desk.sync()["found"] == 250
        desk.amocrm.faults.clear()
        assert desk.sync()["read"] == 300


class TestLosses:
    def test_a_deleted_deal_is_noticed_without_a_webhook(self, desk: CrmDesk) -> None:
        lead, deal = linked(desk)
        desk.sync()
        desk.clock.advance(hours=1)
        desk.act("delete", lead_id=deal)
        desk.forget_hooks()
        desk.clock.advance(minutes=15)
        desk.sync()
        assert desk.ref(deal).gone == "deleted"
        assert desk.state(lead).lost == {f"amocrm-lead-{deal}": "deleted"}
        assert desk.sync()["found"] == 0

    def test_a_deleted_deal_that_is_restored_goes_on(self, desk: CrmDesk) -> None:
        lead, deal = linked(desk)
        desk.act("delete", lead_id=deal)
        desk.carry_hooks()
        desk.clock.advance(hours=1)
        desk.act("restore", lead_id=deal)
        desk.move(deal, "qualified")
        desk.carry_hooks()
        assert desk.ref(deal).gone is None
        assert "qualified" in desk.state(lead).stages

    def test_a_deal_deleted_while_it_waited_for_a_lead_is_never_born(self, desk: CrmDesk) -> None:
        deal = site_deal(desk)
        desk.carry_hooks()
        desk.act("delete", lead_id=deal)
        desk.forget_hooks()
        desk.clock.advance(minutes=20)
        desk.sync()
        assert desk.world.documents("lead") == []
        assert desk.world.documents("crm_ref") == []
        assert desk.marks() == []

    def test_a_deal_unknown_and_gone_leaves_nothing(self, desk: CrmDesk) -> None:
        deal = site_deal(desk)
        desk.act("delete", lead_id=deal)
        desk.carry_hooks()
        assert (desk.world.documents("crm_ref"), desk.marks()) == ([], [])


class TestMerges:
    def two_deals(self, desk: CrmDesk) -> tuple[tuple[str, int], tuple[str, int]]:
        first = linked(desk, "anna", ANNA, phone="+79990000003")
        desk.clock.advance(days=2)
        second = linked(desk, "anna again", BORIS, phone="+79990000003")
        return first, second

    @pytest.mark.parametrize("hooks_arrive", [True, False])
    def test_both_leads_sit_on_the_survivor_and_one_owns_it(self, desk: CrmDesk, hooks_arrive: bool) -> None:
        (first, lost), (second, kept) = self.two_deals(desk)
        contact = self.shared_contact(desk, kept, lost)
        assert contact
        desk.clock.advance(hours=1)
        desk.act("merge", winner=kept, loser=lost)
        if not hooks_arrive:
            desk.forget_hooks()
        desk.carry_hooks()
        desk.sync()
        survivor, alias = desk.ref(kept), desk.ref(lost)
        assert (alias.alias_of, alias.gone) == (survivor.id, "merged")
        assert survivor.aliases == (alias.id,)
        assert survivor.leads.keys() == {first, second}
        assert survivor.owner == alias.owner == first
        assert survivor.frozen
        assert alias.frozen
        assert desk.lead(first).ownership == {survivor.id: True, alias.id: True}
        assert desk.lead(second).ownership == {survivor.id: False, alias.id: False}

    def shared_contact(self, desk: CrmDesk, kept: int, lost: int) -> bool:
        """What a manager sees before merging: both deals on one contact."""
        leads = desk.amocrm.account.leads
        leads[kept].contact_ids = leads[lost].contact_ids = [*leads[lost].contact_ids]
        desk.clock.advance(minutes=1)
        for deal in (kept, lost):
            desk.act("rename", lead_id=deal, name="Анна")
        desk.carry_hooks()
        return desk.ref(kept).contact_ids == desk.ref(lost).contact_ids != ()

    def test_one_sale_of_the_merged_deal_is_one_conversion(self, desk: CrmDesk) -> None:
        (first, lost), (second, kept) = self.two_deals(desk)
        self.shared_contact(desk, kept, lost)
        for deal in (lost, kept):
            desk.clock.advance(hours=1)
            desk.move(deal, "qualified")
        desk.carry_hooks()
        policy = desk.world.runtime.policy
        assert "lead_qualified" in desk.lead(first).pending(policy)
        assert desk.lead(second).circumstances.repeats == first  # the same person the same day: it sends nothing itself
        desk.act("merge", winner=kept, loser=lost)
        desk.clock.advance(hours=1)
        desk.move(kept, "sold")
        desk.carry_hooks()
        assert {"lead_qualified", "flat_sold"} <= desk.lead(first).pending(policy).keys()
        assert not {"lead_qualified", "flat_sold"} & desk.lead(second).pending(policy).keys()
        assert desk.lead(second).state(policy).stages.keys() >= {"qualified", "sold"}

    def test_a_merge_read_twice_changes_nothing_more(self, desk: CrmDesk) -> None:
        (_, lost), (_, kept) = self.two_deals(desk)
        self.shared_contact(desk, kept, lost)
        desk.act("merge", winner=kept, loser=lost)
        desk.carry_hooks()
        desk.sync()
        before = desk.resting()
        for body in ("leads[delete][0][id]", "leads[update][0][id]"):
            for deal in (lost, kept):
                desk.hook(f"{body}={deal}")
        desk.settle()
        assert desk.resting() == before

    def test_deleting_one_of_two_deals_of_a_contact_is_no_merge(self, desk: CrmDesk) -> None:
        (first, lost), (second, kept) = self.two_deals(desk)
        self.shared_contact(desk, kept, lost)
        desk.clock.advance(hours=1)
        desk.act("rename", lead_id=lost, name="мусор")
        desk.carry_hooks()
        desk.clock.advance(hours=1)
        desk.act("delete", lead_id=lost)
        desk.carry_hooks()
        assert desk.ref(lost).gone == "deleted"
        assert desk.ref(kept).leads.keys() == {second}
        assert desk.ref(lost).leads.keys() == {first}

    def test_in_the_mode_none_a_survivor_already_known_is_found_by_the_ids_of_contacts(self) -> None:
        with crm_desk(sokol("none")) as desk:
            (_, lost), (second, kept) = self.two_deals(desk)
            self.shared_contact(desk, kept, lost)
            desk.clock.advance(hours=1)
            desk.act("merge", winner=kept, loser=lost)
            desk.carry_hooks()
            assert desk.ref(lost).alias_of == desk.ref(kept).id
            assert second in desk.ref(kept).leads
            assert all("contacts" not in path for _, path in desk.calls())


class TestTwoRunsAtOnce:
    def test_a_second_run_says_that_it_did_nothing(self, desk: CrmDesk) -> None:
        world = desk.world
        with lease(world.store, world.clock, "sync-crm", "another", 600):
            assert desk.sync()["outcome"] == "lease held"
        assert desk.calls() == []

    def test_a_reader_at_work_elsewhere_leaves_the_marks_to_it(self, desk: CrmDesk) -> None:
        deal = site_deal(desk)
        world = desk.world
        with lease(world.store, world.clock, "reader-amocrm", "another", 600):
            desk.carry_hooks()
            assert desk.marks() == [f"amocrm-lead-{deal}"]
        desk.sync()
        assert desk.ref(deal).waits_until

    def test_a_pull_leaves_to_a_reader_at_work_elsewhere_what_it_finds(self, desk: CrmDesk) -> None:
        lead, deal = linked(desk)
        world = desk.world
        desk.clock.advance(hours=1)
        desk.move(deal, "qualified")
        desk.forget_hooks()
        desk.clock.advance(minutes=15)
        with lease(world.store, world.clock, "reader-amocrm", "another", 600):
            assert desk.sync() == {"outcome": "ran", "found": 1, "complete": True, "read": 0, "announced": 0}
            assert desk.marks() == [f"amocrm-lead-{deal}"]
        assert desk.sync()["read"] == 1
        assert "qualified" in desk.state(lead).stages
        assert desk.marks() == []

    def test_a_reader_that_died_holds_its_lease_no_longer_than_it_could_have_lived(self, desk: CrmDesk) -> None:
        deal = site_deal(desk)
        world = desk.world
        taken = lease(world.store, world.clock, "reader-amocrm", "dead", world.runtime.lease_seconds("read-crm"))
        taken.__enter__()
        desk.carry_hooks()
        desk.clock.advance(seconds=241)
        desk.sync()
        assert desk.ref(deal).waits_until

    def test_a_store_that_fails_is_said_and_asked_again(self, desk: CrmDesk, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(*_: object) -> None:
            raise StoreUnavailable("the disk is full")

        monkeypatch.setattr(desk.world.store, "query", fails)
        answer = desk.world.client("sync-crm").post("/")
        assert answer.status_code == 503
        assert "sync_interrupted" in desk.world.log.events("ERROR")
