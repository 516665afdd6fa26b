"""A test lead never takes the deal of a real person, and gives back what it took."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from leadloop.forms.test_codes import PARAMETER, new_code
from leadloop.identity.keys import KeyRing
from leadloop.leads.trials import read_trials
from leadloop.trial_release import release_trial
from support.policies import HMAC_KEY, ORIGIN
from support.signed_desk import ANNA, BORIS, SignedDesk, signed_desk

OWNERS, CLIENTS = "8 999 000-00-03", "8 999 000-00-77"
READER = frozenset({"read-crm"})
"""The CRM is heard before the form's own message is."""


@pytest.fixture
def desk() -> Iterator[SignedDesk]:
    with signed_desk() as desk:
        yield desk


def test_lead(desk: SignedDesk, **form: str) -> None:
    """The owner tries the form."""
    code = new_code(KeyRing.read(HMAC_KEY), "test000001", desk.clock.now())
    desk.submit("owner", page=f"{ORIGIN}/?{PARAMETER}={code}", **form)
    desk.settle()


test_lead.__test__ = False  # type: ignore[attr-defined]


def register_the_last(desk: SignedDesk) -> None:
    """The form's message comes at last."""
    late = desk.world.memory_bus.on("submissions")[-1]
    assert desk.world.push("register-lead", late).status_code == 204
    desk.settle()


def sold(desk: SignedDesk, deal: str, **members: object) -> None:
    desk.tick(minutes=16)
    desk.tell(deal, "won", **members)
    desk.settle()
    desk.tick(minutes=16)


def test_a_cached_page_gives_the_test_and_a_visitor_one_submission_id(desk: SignedDesk) -> None:
    test_lead(desk, submission_id="cached-1", phone=OWNERS, ym_client_id=ANNA)
    desk.clock.advance(minutes=4)
    real = desk.submit("boris", submission_id="cached-1", phone=CLIENTS, ym_client_id=BORIS)
    members = {"ids": {"submission_id": "cached-1"}, "contact": {"phone": CLIENTS}}
    desk.tell("D-1", "new", **members)
    desk.world.settle(only=READER)
    desk.clock.advance(seconds=20)
    desk.tell("D-1", "в работе", **members)
    desk.world.settle(only=READER)
    register_the_last(desk)
    sold(desk, "D-1", **members)
    assert "sold" in desk.state(real).stages


@pytest.mark.parametrize("late", [1, 30])
def test_of_a_deal_without_contact_the_own_lead_may_come_late(desk: SignedDesk, late: int) -> None:
    """In the end it takes the deal, though it was the test's by then."""
    test_lead(desk, submission_id="cached-1", phone=OWNERS)
    desk.clock.advance(minutes=4)
    real = desk.submit("boris", submission_id="cached-1", phone=CLIENTS)
    members = {"ids": {"submission_id": "cached-1"}}
    for _ in range(2):
        desk.tell("D-1", "new", **members)
        desk.world.settle(only=READER)
        desk.clock.advance(seconds=20)
    desk.clock.advance(minutes=late)
    desk.tell("D-1", "в работе", **members)
    desk.world.settle(only=READER)
    assert (desk.ref("D-1").of_trial is None) == (late == 1)
    register_the_last(desk)
    sold(desk, "D-1", **members)
    assert "sold" in desk.state(real).stages
    assert desk.ref("D-1").of_trial is None


def test_another_browser_is_another_person(desk: SignedDesk) -> None:
    test_lead(desk, submission_id="cached-1", ym_client_id=ANNA)
    desk.clock.advance(minutes=2)
    members = {"ids": {"submission_id": "cached-1", "client_id": BORIS}}
    desk.tell("D-1", "new", **members)
    desk.settle()
    sold(desk, "D-1", **members)
    assert (desk.ref("D-1").of_trial, len(desk.ref("D-1").leads)) == (None, 1)


def test_whose_phone_somebody_posted_under_a_code_keeps_the_deal_made_of_a_call(desk: SignedDesk) -> None:
    test_lead(desk, phone=CLIENTS)
    desk.clock.advance(minutes=5)
    desk.tell("D-1", "new", contact={"phone": CLIENTS})
    desk.settle()
    sold(desk, "D-1", contact={"phone": CLIENTS})
    assert len(desk.ref("D-1").leads) == 1


def test_a_deal_of_a_test_that_names_a_real_lead_is_that_leads(desk: SignedDesk) -> None:
    test_lead(desk, phone=OWNERS)
    desk.tell("D-1", "new", contact={"phone": OWNERS})
    desk.settle()
    desk.tick(minutes=16)
    assert desk.ref("D-1").of_trial == "test000001"
    real = desk.submit("boris", phone=CLIENTS)
    desk.settle()
    sold(desk, "D-1", contact={"phone": CLIENTS}, ids={"lead_id": real})
    assert "sold" in desk.state(real).stages
    assert desk.ref("D-1").of_trial is None


def test_our_own_id_goes_before_a_test_from_the_first(desk: SignedDesk) -> None:
    real = desk.submit("boris", phone=CLIENTS)
    desk.clock.advance(minutes=30)
    test_lead(desk, phone=OWNERS)
    members = {"contact": {"phone": OWNERS}, "ids": {"lead_id": real}}
    desk.tell("D-1", "new", **members)
    desk.world.settle(only=READER)
    desk.settle()
    desk.clock.advance(minutes=16)
    desk.tell("D-1", "в работе", **members)
    desk.settle()
    assert desk.ref("D-1").owner == real


def test_a_client_who_was_taken_for_a_test_gets_the_deal_back(desk: SignedDesk) -> None:
    """Sent by the owner's link, before the owner's own test; the owner says so when the deal is long there."""
    test_lead(desk, phone=CLIENTS, ym_client_id=BORIS)
    desk.clock.advance(seconds=20)
    members = {"contact": {"phone": CLIENTS}, "ids": {"client_id": BORIS}}
    desk.tell("D-1", "new", **members)
    desk.settle()
    desk.tick(minutes=16)
    assert desk.ref("D-1").of_trial == "test000001"
    [trial] = read_trials(desk.world.store)
    release_trial(desk.world.store, trial.name, desk.clock.now())
    assert desk.world.client("drain-spool").post("/").status_code == 200
    desk.settle()
    sold(desk, "D-1", **members)
    assert "sold" in desk.state(trial.lead_id).stages
    assert desk.world.totals("leads") == 1
