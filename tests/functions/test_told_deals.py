"""What becomes of a deal that its own system told of: the one reader reads it as it reads any other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from leadloop.crm.signed.told_deal import MOST_FIRST, MOST_LATEST
from leadloop.facts import FactKind
from leadloop.leads.state import LeadState
from leadloop.timestamps import to_text
from support.signed_desk import ANNA, BORIS, SignedDesk, heard, signed_desk, told

PHONE = "8 999 000-00-03"


@pytest.fixture
def desk() -> Iterator[SignedDesk]:
    with signed_desk() as desk:
        yield desk


def stages(state: LeadState) -> dict[str, datetime]:
    return {stage: entry.at for stage, entry in state.stages.items()}


class TestItIsTheLeadOf:
    @pytest.mark.parametrize(
        ("rule", "members"),
        [
            ("match.submission_id", {"ids": {"submission_id": "form-of-anna"}}),
            ("match.client_id", {"ids": {"client_id": ANNA}}),
            ("match.yclid", {"ids": {"yclid": 7325873983740247040}}),
            ("match.key", {"contact": {"phone": "+7 999 000 00 03"}}),
        ],
    )
    def test_who_left_the_form(self, rule: str, members: dict[str, object], desk: SignedDesk) -> None:
        lead = desk.submit("anna", phone=PHONE, ym_client_id=ANNA, yclid="7325873983740247040")
        desk.settle()
        desk.tell("D-1", "new", **members)
        desk.settle()
        assert list(desk.ref("D-1").leads) == [lead]
        assert desk.ref("D-1").matched_by == rule

    def test_whom_our_own_id_names(self, desk: SignedDesk) -> None:
        lead = desk.submit("anna", phone=PHONE)
        desk.settle()
        desk.clock.advance(days=3)
        desk.tell("D-1", "new", ids={"lead_id": lead})
        desk.settle()
        assert desk.ref("D-1").matched_by == "match.leadloop_id"

    def test_nobody_and_is_born_in_the_crm_after_ten_minutes(self, desk: SignedDesk) -> None:
        desk.tell("D-1", "new", contact={"phone": PHONE}, source={"utm_source": "2gis"})
        desk.settle()
        assert (desk.ref("D-1").leads, desk.ref("D-1").waits_until is not None) == ({}, True)
        desk.tick(minutes=11)
        [born] = desk.ref("D-1").leads
        state = desk.state(born)
        assert (state.born_in, state.source.label, len(state.key_ids)) == ("crm", "2gis", 1)

    def test_a_lead_that_comes_after_its_deal(self, desk: SignedDesk) -> None:
        desk.tell("D-1", "new", ids={"client_id": ANNA})
        desk.settle()
        desk.clock.advance(minutes=1)
        lead = desk.submit("anna", phone=PHONE, ym_client_id=ANNA)
        desk.settle()
        assert list(desk.ref("D-1").leads) == [lead]


class TestItsStages:
    def test_have_the_times_that_were_told(self, desk: SignedDesk) -> None:
        lead = desk.submit("anna", ym_client_id=ANNA)
        times = {}
        for status, stage in (("new", ""), ("в работе", "qualified"), ("показ", "meeting"), ("won", "sold")):
            desk.clock.advance(hours=5)
            times[stage] = desk.clock.now()
            desk.tell("D-1", status, ids={"client_id": ANNA})
            desk.settle()
        del times[""]
        assert stages(desk.state(lead)) == times
        assert all(entry.exact for entry in desk.state(lead).stages.values())

    def test_of_webhooks_that_were_lost_come_with_the_history_of_a_later_one(self, desk: SignedDesk) -> None:
        lead = desk.submit("anna", ym_client_id=ANNA)
        desk.settle()
        desk.born("D-1")
        qualified = desk.clock.now() + timedelta(hours=2)
        desk.clock.advance(days=1)
        history = [{"pipeline": "sales", "status": "в работе", "entered_at": qualified.isoformat()}]
        desk.tell("D-1", "won", ids={"client_id": ANNA}, history=history)
        desk.settle()
        assert stages(desk.state(lead)) == {"qualified": qualified, "sold": desk.clock.now()}

    def test_of_one_instant_are_both_reached(self, desk: SignedDesk) -> None:
        lead = desk.submit("anna", ym_client_id=ANNA)
        for status in ("показ", "в работе"):
            desk.tell("D-1", status, ids={"client_id": ANNA})
            desk.settle()
        assert stages(desk.state(lead)) == dict.fromkeys(["meeting", "qualified"], desk.clock.now())

    @pytest.mark.parametrize("before", ["new", "в работе", "показ", "won"])
    def test_of_one_instant_the_present_one_is_the_one_that_was_told_so(self, before: str) -> None:
        """By a system that knows days only: the deal came, went on and was lost on one of them."""
        policy = heard(disqualification={"reasons": {"dear": {"title": "Дорого", "loss_reasons": ["дорого"]}}})
        with signed_desk(policy) as desk:
            lead = desk.submit("anna", ym_client_id=ANNA)
            now = desk.clock.now()
            history = [{"pipeline": "sales", "status": before, "entered_at": now.isoformat()}]
            desk.tell("D-1", "lost", ids={"client_id": ANNA}, history=history, loss_reason="дорого")
            desk.settle()
            state = desk.state(lead)
            assert (state.stage, state.quality.reason, state.stages["lost"].at) == ("lost", "dear", now)

    def test_are_many_the_first_of_each_status_is_known_in_any_order(self) -> None:
        known = []
        for order in (1, -1):
            with signed_desk() as desk:
                lead, bodies = desk.submit("anna", ym_client_id=ANNA), []
                for status in ("в работе", "показ", "new", "показ"):
                    history = []
                    for _ in range(90):
                        desk.clock.advance(minutes=1)
                        history.append({"pipeline": "sales", "status": status, "entered_at": to_text(desk.clock.now())})
                    own = {"ids": {"client_id": ANNA}, "history": history}
                    bodies.append(told("D-1", "new", desk.clock.now(), created_at=desk.opened_at, **own))
                for body in bodies[::order]:
                    desk.post(body)
                    desk.settle()
                assert len(desk.world.the("told_deal").fields["statuses"]) <= MOST_FIRST + MOST_LATEST  # type: ignore[arg-type]
                known.append((stages(desk.state(lead)), desk.world.the("told_deal").fields["statuses"]))
        assert known[0] == known[1]
        assert {*known[0][0]} == {"qualified", "meeting"}

    def test_that_the_policy_does_not_know_are_told_by_the_doctor(self, desk: SignedDesk) -> None:
        lead = desk.submit("anna", ym_client_id=ANNA)
        desk.tell("D-1", "архив", ids={"client_id": ANNA})
        desk.settle()
        assert stages(desk.state(lead)) == {}


class TestWhatElseItShows:
    def test_its_price_loss_and_filled_fields(self) -> None:
        policy = heard(
            qualification={"profile": "own", "fields": {"budget": "Бюджет"}, "required": ["budget"]},
            disqualification={"reasons": {"too_expensive": {"title": "Дорого", "loss_reasons": ["дорого"]}}},
        )
        with signed_desk(policy) as desk:
            lead = desk.submit("anna", ym_client_id=ANNA)
            desk.tell(
                "D-1", "в работе", ids={"client_id": ANNA}, price={"amount": "4200000.50"}, filled=["Бюджет", "Пол"]
            )
            desk.settle()
            assert "Пол" not in str(desk.world.documents("told_deal"))
            state = desk.state(lead)
            assert (state.price and state.price.amount, state.quality.standing) == (420_000_050, "qualified")
            desk.clock.advance(hours=1)
            desk.tell("D-1", "lost", ids={"client_id": ANNA}, loss_reason="дорого", responsible="17")
            desk.settle()
            assert desk.state(lead).quality.reason == "too_expensive"

    def test_the_number_that_was_called_only_if_it_is_one_of_the_owner_s(self) -> None:
        rule = {"called_number": "+74950000001", "label": "offline"}
        policy = heard(sources={"dictionary": {"offline": {}}, "rules": [rule]})
        with signed_desk(policy) as desk:
            for deal_id, number in (("D-1", "8 495 000-00-01"), ("D-2", "+7 999 000-00-04")):
                desk.tell(deal_id, "new", source={"called_number": number})
            desk.settle()
            rest = [document.fields["picture"]["source"] for document in desk.world.documents("told_deal")]  # type: ignore[call-overload, index]
            assert rest == [{"called_number": "+74950000001"}, {"called_number": "unlisted"}]

    def test_a_phone_that_was_typed_in_later(self, desk: SignedDesk) -> None:
        lead = desk.submit("anna", ym_client_id=ANNA)
        desk.tell("D-1", "new", ids={"client_id": ANNA})
        desk.settle()
        assert desk.state(lead).key_ids == frozenset()
        desk.clock.advance(hours=1)
        desk.tell("D-1", "в работе", ids={"client_id": ANNA}, contact={"phone": PHONE})
        desk.settle()
        assert len(desk.state(lead).key_ids) == 1


class TestNothingIsWrittenThere:
    def test_and_its_delivery_is_at_rest(self, desk: SignedDesk) -> None:
        lead = desk.submit("anna", ym_client_id=ANNA)
        desk.tell("D-1", "new", ids={"client_id": ANNA})
        desk.settle()
        delivery = desk.world.the("delivery")
        assert (delivery.key.id, delivery.fields["state"]) == (lead, "delivered")
        assert delivery.fields["rule"] == "attach.not_written_to"
        for _ in range(3):
            desk.tick(hours=1)
        assert desk.world.the("delivery") == delivery
        assert desk.world.log.events("ERROR") == []

    def test_a_lead_waits_for_its_deal(self, desk: SignedDesk) -> None:
        desk.submit("anna", phone=PHONE)
        desk.tick(hours=1)
        assert desk.world.documents("delivery") == []


class TestDealsThatGo:
    def on_deals(self, desk: SignedDesk) -> tuple[str, str]:
        """Anna's lead on D-1, Boris' on D-2."""
        anna = desk.submit("anna", ym_client_id=ANNA)
        desk.tell("D-1", "в работе", ids={"client_id": ANNA})
        desk.clock.advance(minutes=5)
        boris = desk.submit("boris", ym_client_id=BORIS)
        desk.tell("D-2", "в работе", ids={"client_id": BORIS})
        desk.settle()
        desk.clock.advance(hours=1)
        return anna, boris

    def test_a_deleted_one_is_gone_and_may_come_back(self, desk: SignedDesk) -> None:
        anna, _ = self.on_deals(desk)
        desk.post({"deal_id": "D-1", "updated_at": desk.clock.now().isoformat(), "deleted": True})
        desk.settle()
        assert (desk.ref("D-1").gone, "signed-lead-D-1" in desk.state(anna).lost) == ("deleted", True)
        desk.clock.advance(hours=1)
        desk.tell("D-1", "won", ids={"client_id": ANNA})
        desk.settle()
        assert desk.ref("D-1").gone is None
        assert "sold" in desk.state(anna).stages

    def merge(self, desk: SignedDesk, loser: str, winner: str) -> None:
        now = desk.clock.now()
        desk.post(told(loser, "в работе", now, created_at=desk.born(loser), merged_into=winner))
        desk.settle()

    def test_of_merged_ones_the_earliest_lead_owns_the_survivor(self, desk: SignedDesk) -> None:
        anna, boris = self.on_deals(desk)
        self.merge(desk, "D-1", "D-2")
        assert (desk.ref("D-1").gone, desk.ref("D-1").alias_of) == ("merged", "signed-lead-D-2")
        assert ({*desk.ref("D-2").leads}, desk.ref("D-2").owner) == ({anna, boris}, anna)
        lost = [fact.values["how"] for fact in desk.lead(anna).facts if fact.kind is FactKind.CRM_ENTITY_LOST]
        assert lost == ["merged"]

    def test_into_one_not_told_of_yet_waits_until_it_is(self, desk: SignedDesk) -> None:
        anna, _ = self.on_deals(desk)
        self.merge(desk, "D-1", "D-3")
        desk.tick(hours=1)
        assert (desk.ref("D-1").gone, desk.state(anna).lost) == (None, {})
        desk.tell("D-3", "won")
        desk.settle()
        assert (desk.ref("D-1").gone, desk.ref("D-3").owner) == ("merged", anna)
        assert "sold" in desk.state(anna).stages

    def test_one_after_another_end_in_the_last(self, desk: SignedDesk) -> None:
        """Told the last merger first: what went before is found when its end is known."""
        anna, boris = self.on_deals(desk)
        self.merge(desk, "D-2", "D-3")
        self.merge(desk, "D-1", "D-2")
        desk.tell("D-3", "won")
        desk.settle()
        assert {*desk.ref("D-3").leads} == {anna, boris}
        assert [desk.ref(deal).gone for deal in ("D-1", "D-2")] == ["merged", "merged"]

    def test_all_of_very_many_go_along(self, desk: SignedDesk) -> None:
        leads = [desk.submit(f"visitor-{number}") for number in range(70)]
        desk.settle()
        for number, lead in enumerate(leads):
            desk.tell(f"D-{number}", "new", ids={"lead_id": lead})
        desk.settle()
        desk.clock.advance(minutes=1)
        for number, lead in enumerate(leads):
            desk.tell(f"D-{number}", "new", ids={"lead_id": lead}, merged_into="D-whole")
        desk.clock.advance(minutes=1)
        desk.tell("D-whole", "won")
        desk.settle()
        assert {*desk.ref("D-whole").leads} == {*leads}
        assert {desk.ref(f"D-{number}").gone for number in range(70)} == {"merged"}

    def test_and_come_back_tell_only_their_own_leads(self, desk: SignedDesk) -> None:
        """A merger that was undone: what becomes of Anna's deal then is not Boris' doing."""
        anna, boris = self.on_deals(desk)
        self.merge(desk, "D-1", "D-2")
        desk.clock.advance(hours=1)
        desk.tell("D-1", "won", ids={"client_id": ANNA}, price={"amount": 5})
        desk.settle()
        assert ("sold" in desk.state(anna).stages, "sold" in desk.state(boris).stages) == (True, False)
        assert desk.state(boris).price is None

    def test_what_was_told_before_and_comes_late_is_known(self, desk: SignedDesk) -> None:
        """Qualified, and an hour later deleted out of another status: the second webhook was quicker."""
        anna = desk.submit("anna", ym_client_id=ANNA)
        desk.settle()
        own = {"created_at": desk.clock.now(), "ids": {"client_id": ANNA}}
        qualified = desk.clock.now()
        desk.clock.advance(hours=1)
        late = told("D-1", "в работе", qualified, **own)  # type: ignore[arg-type]
        for body in (told("D-1", "показ", desk.clock.now(), deleted=True, **own), late, late):  # type: ignore[arg-type]
            desk.post(body)
            desk.settle()
        assert stages(desk.state(anna)) == {"qualified": qualified, "meeting": desk.clock.now()}
        assert (desk.ref("D-1").gone, desk.state(anna).lost) == ("deleted", {"signed-lead-D-1": "deleted"})

    def test_into_one_that_is_gone_and_comes_back_go_along_then(self, desk: SignedDesk) -> None:
        anna, boris = self.on_deals(desk)
        desk.tell("D-2", "в работе", ids={"client_id": BORIS}, deleted=True)
        self.merge(desk, "D-1", "D-2")
        assert (desk.ref("D-1").gone, desk.state(anna).lost["signed-lead-D-1"]) == ("deleted", "deleted")
        desk.clock.advance(hours=1)
        desk.tell("D-2", "won", ids={"client_id": BORIS})
        desk.settle()
        assert (desk.ref("D-1").gone, desk.state(anna).lost) == ("merged", {"signed-lead-D-1": "merged"})
        assert {*desk.ref("D-2").leads} == {anna, boris}

    def test_in_a_circle_are_gone(self, desk: SignedDesk) -> None:
        self.on_deals(desk)
        self.merge(desk, "D-1", "D-2")
        desk.clock.advance(hours=1)
        self.merge(desk, "D-2", "D-1")
        assert desk.ref("D-2").gone is not None
        assert desk.world.log.events("ERROR") == []

    def test_one_that_was_never_heard_of_leaves_nothing(self, desk: SignedDesk) -> None:
        desk.post({"deal_id": "D-9", "updated_at": 1_700_000_000, "deleted": True})
        desk.settle()
        assert desk.world.documents("crm_ref") == []
        assert desk.world.documents("lead") == []


def test_the_pull_finds_nothing_and_tells_of_no_webhooks_that_ceased(desk: SignedDesk) -> None:
    desk.tell("D-1", "new")
    desk.settle()
    for _ in range(4):
        desk.tick(minutes=15)
    assert "crm_hooks_ceased" not in desk.world.log.events("WARNING")
    assert desk.world.documents("dirty_mark") == []
    assert to_text(datetime(2026, 9, 1, tzinfo=UTC)) < to_text(desk.clock.now())
