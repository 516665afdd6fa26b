"""Fields of a deal that are leadloop's own: all known ids, and verdicts, kept as they change and on no fields else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from leadloop.leads.releasing import release
from leadloop.messages import VerdictReceived
from leadloop.policy import Policy
from support.crm_desk import ANNA, BORIS, SEED, CrmDesk, crm_desk
from support.policies import sokol

PHONE = "+7 999 000-00-03"
KNOWN, DUPLICATE, QUALITY, FRAUD = "752911", "752912", "752913", "752914"
FIELDS = {"known_ids": KNOWN, "duplicate": DUPLICATE, "quality": QUALITY, "fraud": FRAUD}
FORM = {"phone": PHONE, "client_id": ANNA, "yclid": "7325873983740247040"}


def seed() -> dict[str, Any]:
    named = [{"id": int(field), "name": name, "type": "textarea"} for name, field in FIELDS.items()]
    return {**SEED, "fields": [*SEED["fields"], *named]}


def policy(mode: str = "keep", **fields: str) -> Policy:
    return sokol(mode, crm={"fields": fields or FIELDS}, qualification={"profile": "cold"})


LETS_GO: dict[str, object] = {"at_hold_end": "release"}
RELEASING = sokol("keep", crm={"fields": FIELDS}, fraud=LETS_GO)


@pytest.fixture
def desk() -> Iterator[CrmDesk]:
    with crm_desk(policy(), seed()) as desk:
        yield desk


@pytest.fixture
def hashing() -> Iterator[CrmDesk]:
    with crm_desk(policy("hash"), seed()) as desk:
        yield desk


def delivered(desk: CrmDesk, who: str = "anna", **form: str) -> tuple[str, int]:
    lead = desk.submit(who, **{**FORM, **form})
    desk.settle()
    desk.carry_hooks()
    [deal] = desk.deals_of(lead)
    return lead, deal


def patches(desk: CrmDesk, deal: int) -> int:
    return desk.calls().count(("PATCH", f"/api/v4/leads/{deal}"))


class TestANewDeal:
    def test_is_created_with_them(self, desk: CrmDesk) -> None:
        _, deal = delivered(desk)
        shown = desk.fields_of(deal)
        assert {name: shown.get(field) for name, field in FIELDS.items()} == {
            "known_ids": f"client_id: {ANNA}; yclid: 7325873983740247040",
            "duplicate": "unique",
            "quality": "pending",
            "fraud": "open",
        }
        assert patches(desk, deal) == 0

    def test_of_the_sites_integration_is_given_them(self, hashing: CrmDesk) -> None:
        lead = hashing.submit("anna", **FORM)
        hashing.settle()
        deal = hashing.deal(fields={"_YM_UID": ANNA})
        hashing.carry_hooks()
        shown = hashing.fields_of(deal)
        assert (shown["LEADLOOP_ID"], shown[DUPLICATE], shown[QUALITY]) == (lead, "unique", "pending")

    def test_typed_in_by_a_manager_is_given_verdicts_and_nothing_else(self, hashing: CrmDesk) -> None:
        deal = hashing.deal(contact_name="Вера", phone="89990000005", fields={"_YM_UID": BORIS})
        for _ in range(3):
            hashing.carry_hooks()
            hashing.clock.advance(minutes=11)
            hashing.sync()
        assert hashing.fields_of(deal) == {
            "_YM_UID": BORIS,
            KNOWN: f"client_id: {BORIS}",
            DUPLICATE: "unique",
            QUALITY: "pending",
            FRAUD: "open",
        }
        assert patches(hashing, deal) == 1


class TestIdsLearntLater:
    def test_are_all_written(self, desk: CrmDesk) -> None:
        _, deal = delivered(desk)
        desk.clock.advance(hours=2)
        desk.submit("anna", **{**FORM, "client_id": BORIS})
        desk.settle()
        assert desk.fields_of(deal)[KNOWN] == f"client_id: {ANNA}, {BORIS}; yclid: 7325873983740247040"
        assert desk.fields_of(deal)["_YM_UID"] == ANNA

    def test_from_the_crm_itself_too(self, desk: CrmDesk) -> None:
        _, deal = delivered(desk, client_id="")
        desk.act("edit_field", lead_id=deal, field="_YM_UID", value=BORIS)
        desk.carry_hooks()
        assert desk.fields_of(deal)[KNOWN] == f"client_id: {BORIS}; yclid: 7325873983740247040"

    def test_what_a_person_typed_over_them_is_written_over_when_they_grow(self, desk: CrmDesk) -> None:
        _, deal = delivered(desk)
        desk.act("edit_field", lead_id=deal, field=KNOWN, value="это лишнее")
        desk.carry_hooks()
        assert desk.fields_of(deal)[KNOWN] == "это лишнее"
        desk.act("edit_field", lead_id=deal, field="YCLID", value="7325873983740247041")
        desk.carry_hooks()
        assert desk.fields_of(deal)[KNOWN].count("732587398374024704") == 2


class TestVerdicts:
    def test_the_standing_changes_with_the_stage(self, desk: CrmDesk) -> None:
        _, deal = delivered(desk)
        desk.clock.advance(hours=1)
        desk.move(deal, "qualified")
        desk.carry_hooks()
        assert desk.fields_of(deal)[QUALITY] == "qualified"
        desk.clock.advance(hours=1)
        desk.move(deal, "lost")
        desk.carry_hooks()
        assert desk.fields_of(deal)[QUALITY].startswith("disqualified")

    def test_a_duplicate_names_the_deal_it_repeats(self, desk: CrmDesk) -> None:
        _, first = delivered(desk)
        desk.clock.advance(hours=30)
        second = desk.submit("anna-again", **{**FORM, "client_id": ""})
        desk.settle()
        [deal] = desk.deals_of(second)
        assert desk.fields_of(deal)[DUPLICATE] == f"duplicate of deal {first} (same phone, 2026-09-01)"
        assert desk.fields_of(first)[DUPLICATE] == "unique"

    def test_a_lead_that_arrives_late_changes_what_is_said_of_the_one_before(self, desk: CrmDesk) -> None:
        later, deal = delivered(desk, "anna-later")
        assert desk.fields_of(deal)[DUPLICATE] == "unique"
        desk.clock.advance(hours=-2)
        earlier = desk.submit("anna-earlier", **{**FORM, "client_id": ""})
        desk.clock.advance(hours=4)
        desk.settle()
        desk.sync()
        assert desk.lead(later).circumstances.repeats == earlier
        [first] = desk.deals_of(earlier)
        assert desk.fields_of(deal)[DUPLICATE] == f"duplicate of deal {first} (same phone, 2026-09-01)"

    def test_of_two_leads_on_one_deal_the_owners_stand_there(self, desk: CrmDesk) -> None:
        desk.settings(duplicate_control=True)
        first, deal = delivered(desk)
        desk.clock.advance(hours=30)
        second = desk.submit("anna-again", **{**FORM, "client_id": BORIS})
        desk.settle()
        desk.carry_hooks()
        desk.sync()
        assert desk.ref(deal).leads.keys() == {first, second}
        assert (desk.ref(deal).owner, desk.fields_of(deal)[DUPLICATE]) == (first, "unique")

    def test_a_duplicate_names_the_deal_of_its_first_lead_once_there_is_one(self, hashing: CrmDesk) -> None:
        first = hashing.submit("anna", **FORM)
        hashing.settle()
        hashing.clock.advance(hours=30)
        second = hashing.submit("anna-again", **{**FORM, "client_id": ""})
        hashing.settle()
        repeated = hashing.deal(fields={"LEADLOOP_ID": second})
        hashing.carry_hooks()
        assert hashing.fields_of(repeated)[DUPLICATE] == f"duplicate of lead {first} (same phone, 2026-09-01)"
        deal = hashing.deal(fields={"LEADLOOP_ID": first})
        hashing.carry_hooks()
        assert hashing.fields_of(repeated)[DUPLICATE] == f"duplicate of deal {deal} (same phone, 2026-09-01)"
        assert hashing.fields_of(deal)[DUPLICATE] == "unique"

    def test_a_duplicate_names_the_deal_of_its_first_lead_when_that_could_not_be_created_before(
        self, desk: CrmDesk
    ) -> None:
        desk.break_next("status", method="POST", path="leads/complex", status=500, times=1)
        first = desk.submit("anna", **FORM)
        desk.settle()
        desk.clock.advance(minutes=1)
        second = desk.submit("anna-again", **{**FORM, "client_id": ""})
        desk.settle()
        [repeated] = desk.deals_of(second)
        for _ in range(3):
            desk.clock.advance(minutes=16)
            desk.sync()
        [deal] = desk.deals_of(first)
        assert desk.fields_of(repeated)[DUPLICATE].startswith(f"duplicate of deal {deal} ")
        written = patches(desk, repeated)
        for _ in range(3):
            desk.clock.advance(minutes=16)
            desk.sync()
        assert patches(desk, repeated) == written

    @pytest.mark.parametrize("is_first_kept", [False, True])
    def test_of_a_first_lead_and_its_duplicate_merged_the_first_ones_stand_there(
        self, desk: CrmDesk, is_first_kept: bool
    ) -> None:
        first, deal = delivered(desk)
        desk.clock.advance(hours=30)
        second = desk.submit("anna-again", **{**FORM, "client_id": ""})
        desk.settle()
        desk.carry_hooks()
        [repeated] = desk.deals_of(second)
        kept, lost = (deal, repeated) if is_first_kept else (repeated, deal)
        desk.clock.advance(hours=1)
        desk.act("merge", winner=kept, loser=lost)
        desk.carry_hooks()
        desk.sync()
        assert desk.ref(kept).owner == first
        assert desk.fields_of(kept)[DUPLICATE] == "unique"
        calls = patches(desk, kept)
        for _ in range(3):
            desk.carry_hooks()
            desk.clock.advance(minutes=16)
            desk.sync()
        assert patches(desk, kept) == calls

    def test_what_an_antifraud_service_says_later_is_written_at_the_next_pull(self, desk: CrmDesk) -> None:
        lead, deal = delivered(desk)
        said = VerdictReceived(
            event_id="verdict-1",
            received_at=desk.clock.now(),
            detected_at=desk.clock.now(),
            provider="guard",
            verdict_id="v1",
            verdict="fraud",
            subject={"lead_id": lead},
        )
        assert desk.world.push("record-verdict", said).status_code == 204
        desk.sync()
        assert desk.fields_of(deal)[FRAUD].startswith("fraud")

    def test_a_hold_that_ends_by_itself_is_told_when_it_ends_and_at_no_other_time(self) -> None:
        with crm_desk(RELEASING, seed()) as desk:
            _, deal = delivered(desk, website="http://spam.example")
            assert desk.fields_of(deal)[FRAUD] == "held: score 100 (honeypot 100)"
            desk.clock.advance(days=17, hours=23)
            desk.sync()
            assert (desk.fields_of(deal)[FRAUD][:4], patches(desk, deal)) == ("held", 0)
            for _ in range(3):
                desk.clock.advance(hours=1)
                desk.sync()
            assert (desk.fields_of(deal)[FRAUD], patches(desk, deal)) == ("released", 1)

    def test_news_of_a_lead_whose_hold_will_end_are_told_before_that(self) -> None:
        with crm_desk(RELEASING, seed()) as desk:
            lead, deal = delivered(desk, website="http://spam.example")
            with desk.world.in_force():
                assert release(desk.world.store, desk.world.runtime.policy, lead, desk.clock.now())
            desk.sync()
            assert desk.fields_of(deal)[FRAUD] == "released"
            assert desk.delivery(lead).next_try_at is None

    def test_a_hold_that_nobody_is_shown_is_waited_for_by_nobody(self) -> None:
        with crm_desk(sokol("keep", crm={"fields": {"quality": QUALITY}}, fraud=LETS_GO), seed()) as desk:
            lead, _ = delivered(desk, website="http://spam.example")
            assert desk.delivery(lead).next_try_at is None

    def test_a_deal_that_is_gone_is_seen_to_once(self, hashing: CrmDesk) -> None:
        deal = hashing.deal(contact_name="Вера", phone="89990000005", fields={"_YM_UID": BORIS})
        hashing.carry_hooks()
        hashing.clock.advance(minutes=11)
        hashing.break_next("status", method="PATCH", path=f"leads/{deal}", status=500, times=9)
        hashing.sync()
        hashing.act("delete", lead_id=deal)
        hashing.forget_hooks()
        for _ in range(4):
            hashing.clock.advance(hours=1)
            hashing.sync()
        lead = hashing.ref(deal).owner or ""
        assert (hashing.delivery(lead).next_try_at, hashing.ref(deal).gone) == (None, "deleted")


class TestLoops:
    def test_our_own_write_comes_back_and_nothing_more_happens(self, desk: CrmDesk) -> None:
        _, deal = delivered(desk)
        desk.clock.advance(hours=1)
        desk.move(deal, "qualified")
        desk.carry_hooks()
        rests, written = desk.resting(), patches(desk, deal)
        assert written == 1
        for _ in range(3):
            desk.carry_hooks()
            desk.clock.advance(minutes=15)
            desk.sync()
        assert desk.resting() == rests
        assert patches(desk, deal) == written

    def test_a_lost_message_is_made_up_for_by_the_next_pull(self, desk: CrmDesk) -> None:
        _, deal = delivered(desk)
        desk.clock.advance(hours=1)
        desk.move(deal, "qualified")
        desk.forget_hooks()
        desk.world.memory_bus.failing = True
        desk.sync()
        assert desk.fields_of(deal)[QUALITY] == "pending"
        desk.world.memory_bus.failing = False
        desk.clock.advance(minutes=15)
        desk.sync()
        assert desk.fields_of(deal)[QUALITY] == "qualified"

    def test_nothing_is_announced_or_written_where_no_field_is_named(self) -> None:
        with crm_desk(sokol("keep"), seed()) as desk:
            lead, deal = delivered(desk)
            published, delivery = len(desk.world.memory_bus.published), desk.delivery(lead)
            desk.clock.advance(hours=1)
            desk.move(deal, "qualified")
            desk.sync()
            assert len(desk.world.memory_bus.published) == published
            assert desk.delivery(lead) == delivery
            assert patches(desk, deal) == 0


def test_a_field_that_the_account_lacks_is_told_of_and_holds_nothing_up() -> None:
    with crm_desk(policy(quality=QUALITY, fraud="799999"), seed()) as desk:
        _, deal = delivered(desk)
        assert desk.fields_of(deal)[QUALITY] == "pending"
        [told] = [one for one in desk.world.log.entries if one.event == "crm_fields_missing"]
        assert told.details["fields"] == "fraud"
