"""Reading a call tracker, broken off at every touch of store, bus and network: in the end nothing shows of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from support.interruptions import Crash, InterruptedBus, InterruptedHttp, InterruptedStore, Interrupter
from support.tracker_desk import TrackerAccounts, TrackerDesk

ANNA_TYPED = "+7 999 000-00-02"
Scene = Callable[[TrackerDesk], None]
EVERY = 4
"""Moments come in pairs: the one after a touch is the one before the next. Every other pair is tried."""


@pytest.fixture(scope="module")
def accounts() -> TrackerAccounts:
    return TrackerAccounts()


def a_call_is_born(desk: TrackerDesk) -> None:
    desk.call("anna", desk.visit())
    desk.clock.advance(minutes=20)


def a_call_touches_a_lead_on_a_deal(desk: TrackerDesk) -> None:
    desk.submit("anna", phone=ANNA_TYPED)
    desk.deal(phone=ANNA_TYPED)
    desk.carry_hooks()
    desk.clock.advance(hours=2)
    desk.call("anna", desk.visit())
    desk.clock.advance(minutes=20)


def a_tag_is_set_on_a_call(desk: TrackerDesk) -> None:
    call = desk.call("anna", desk.visit())
    desk.pass_time(minutes=30)
    desk.tag(call, "target")
    desk.clock.advance(minutes=15)


def a_deal_is_made_of_a_call(desk: TrackerDesk) -> None:
    desk.call("anna", desk.visit())
    desk.deal(phone=ANNA_TYPED)
    desk.carry_hooks()
    desk.clock.advance(minutes=20)


SCENES = [a_call_is_born, a_call_touches_a_lead_on_a_deal, a_tag_is_set_on_a_call, a_deal_is_made_of_a_call]


def end_of(accounts: TrackerAccounts, scene: Scene, interrupter: Interrupter) -> dict[str, object]:
    """What rests when a pull is broken off, and time goes by."""
    with accounts.desk() as desk:
        scene(desk)
        runtime = desk.world.runtime
        ports = runtime.store, runtime.bus, runtime.http
        runtime.store = InterruptedStore(ports[0], interrupter)
        runtime.bus = InterruptedBus(ports[1], interrupter)
        runtime.http = InterruptedHttp(ports[2], interrupter)
        try:
            desk.world.client("sync-crm").post("/")
        except Crash:
            pass
        finally:
            runtime.store, runtime.bus, runtime.http = ports
        desk.settle()
        desk.clock.advance(minutes=20)
        desk.pass_time(minutes=45)
        return what_rests(desk)


def what_rests(desk: TrackerDesk) -> dict[str, object]:
    """All that does not turn on when ids were written into the deal, which a crash puts off."""
    told: dict[str, object] = {"marks": desk.marks(), "totals": desk.world.totals("leads")}
    for lead in desk.leads():
        state = desk.state(lead.id)
        known = (state.born_in, state.occurred_at, state.ids, state.key_ids, state.visits, state.crm_refs)
        told[lead.id] = (*known, state.contacts, state.stages, state.source, lead.ownership)
        told[f"key of {lead.id}"] = [one.fields for one in desk.world.documents("key")]
    for ref in desk.world.documents("crm_ref"):
        told[ref.key.id] = {name: ref.fields.get(name) for name in ("leads", "owner", "matched_by", "waits_until")}
    told["in the CRM"] = [desk.fields_of(deal) for deal in sorted(desk.amocrm.account.leads)]
    return told


@pytest.mark.parametrize("scene", SCENES)
def test_a_pull_that_dies_at_any_moment_is_made_good(accounts: TrackerAccounts, scene: Scene) -> None:
    count = Interrupter(None, lambda: None)
    whole = end_of(accounts, scene, count)
    assert whole["marks"] == []
    assert whole["comagic-lead-call-900000001"]
    assert count.passed > 20
    for moment in range(0, count.passed, EVERY):
        assert end_of(accounts, scene, Interrupter.crash(moment)) == whole, moment
