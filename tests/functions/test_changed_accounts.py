"""An owner changes the CRM while documents of the one before rest; and one account fails while others go on."""

from __future__ import annotations

import pytest

from leadloop.crm.deals import Deal
from leadloop.messages import LeadRegistered
from support.bitrix24_desk import Bitrix24Desk, bitrix24_desk, in_portal
from support.crm_desk import ANNA
from support.policies import sokol
from support.tracker_desk import TRACKER, TrackerAccounts

PHONE = "+7 999 000-00-02"
FORM = {"none": {"client_id": ANNA, "city": "Москва"}, "hash": {"client_id": ANNA, "phone": PHONE}}
FORM["keep"] = FORM["hash"]


def on_a_deal_of_the_crm_before(desk: Bitrix24Desk, mode: str) -> str:
    """A lead as it rests since the policy named amoCRM."""
    before = sokol(mode)
    desk.world.runtime.policy = before
    lead = desk.submit("anna", **FORM[mode])
    desk.world.settle(only=frozenset({"register-lead"}))
    deal = Deal.read(desk.world.store, before, "amocrm", "777", None)
    deal.join(lead, "match.client_id", desk.clock.now())
    desk.world.store.commit(deal.writes())
    desk.world.runtime.policy = in_portal(mode)
    return lead


@pytest.mark.parametrize("mode", FORM)
def test_a_lead_of_the_crm_before_is_left_alone_in_the_new_one(mode: str) -> None:
    with bitrix24_desk(in_portal(mode)) as desk:
        lead = on_a_deal_of_the_crm_before(desk, mode)
        desk.clock.advance(minutes=20)
        desk.world.bus.publish("leads", LeadRegistered(event_id="again", lead_id=lead))
        desk.settle()
        desk.clock.advance(hours=2)
        desk.sync()
        assert desk.ledger()["deals"] == []
        assert not desk.world.log.events("ERROR")


@pytest.mark.parametrize("mode", FORM)
def test_the_deal_that_the_new_crm_has_of_the_same_person_is_its_lead_s(mode: str) -> None:
    with bitrix24_desk(in_portal(mode)) as desk:
        lead = on_a_deal_of_the_crm_before(desk, mode)
        phones = {} if mode == "none" else {"phones": [PHONE]}
        copied = desk.open("deal", fields={"UF_CRM_YM_CLIENT_ID": ANNA}, **phones)
        desk.carry_hooks()
        desk.clock.advance(minutes=20)
        desk.sync()
        desk.move(copied, "qualified")
        desk.carry_hooks()
        assert desk.ref(copied).owner == lead
        assert "qualified" in desk.state(lead).stages


def test_what_leadloop_fails_at_in_one_account_keeps_no_other_from_being_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise OverflowError("79990000002")

    monkeypatch.setattr("leadloop.crm.comagic.account.CoMagicAccount.changes", fail)
    with TrackerAccounts().desk(sokol("hash", call_tracker=TRACKER)) as desk:
        lead = desk.submit("anna", client_id=ANNA)
        desk.settle()
        deal = desk.deal(fields={"_YM_UID": ANNA})
        desk.move(deal, "qualified")
        desk.forget_hooks()
        desk.clock.advance(minutes=15)
        assert desk.sync()["complete"] is False
        assert "qualified" in desk.state(lead).stages
        [told] = [one.details for one in desk.world.log.entries if one.event == "crm_unreadable"]
        assert (told["crm"], told["reason"]) == (
            "comagic",
            "comagic read: OverflowError in fail (test_changed_accounts.py)",
        )
