"""What a reading owes after its commit, and a store that refuses it for good."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from leadloop.messages import CrmEntityTouched
from leadloop.ports.store import DocumentTooLarge, Key, Store, Write
from support.crm_desk import ANNA, crm_desk
from support.interruptions import InterruptedStore, Interrupter
from support.policies import sokol

PHONES = {"anna": "+79990000003", "boris": "+79990000004"}


class StoreWithFullLead(InterruptedStore):
    """A store in which one lead has no room for anything more."""

    def __init__(self, store: Store, full: str) -> None:
        super().__init__(store, Interrupter(None, lambda: None))
        self.full = Key("lead", full)

    def commit(self, writes: Sequence[Write]) -> None:
        if any(write.key == self.full for write in writes):
            raise DocumentTooLarge(self.full, 1_048_577)
        super().commit(writes)


def test_a_lead_that_is_full_is_told_and_holds_up_no_reading() -> None:
    with crm_desk(sokol("hash", fraud={"velocity": {"client_id": 1}})) as desk:
        full = desk.submit("anna", phone=PHONES["anna"], client_id=ANNA)
        lead_id = desk.submit("boris", phone=PHONES["boris"])
        desk.settle()
        deal = desk.deal(fields={"LEADLOOP_ID": lead_id, "_YM_UID": ANNA})
        desk.forget_hooks()
        desk.world.runtime.store = StoreWithFullLead(desk.world.runtime.store, full)
        hint = CrmEntityTouched(
            event_id="hint", received_at=desk.clock.now(), crm="amocrm", entity_ids={"lead": (str(deal),)}
        )
        assert desk.world.push("read-crm", hint).status_code == 204
        assert desk.state(lead_id).ids["client_id"] == ANNA
        assert desk.marks() == []
        assert "crm_facts_refused" in desk.world.log.events("ERROR")


def test_a_lead_that_can_hold_no_more_facts_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with crm_desk(sokol("hash")) as desk:
        lead_id = desk.submit("anna", phone=PHONES["anna"])
        desk.settle()
        deal = desk.deal(fields={"LEADLOOP_ID": lead_id})
        desk.carry_hooks()
        monkeypatch.setattr("leadloop.facts.MAX_FACTS", len(desk.lead(lead_id).facts))
        desk.move(deal, "sold")
        desk.carry_hooks()
        desk.sync()
        desk.sync()
        assert "sold" not in desk.state(lead_id).stages
        [told] = [entry for entry in desk.world.log.entries if entry.severity == "ERROR"]
        assert (told.event, lead_id in str(told.details["reason"])) == ("crm_facts_refused", True)
