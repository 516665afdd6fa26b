"""A claim writes its lead alone; whoever changes the owner of a deal at the same moment meets it there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from leadloop import timestamps
from leadloop.conversions.run import UploadRun
from leadloop.crm.deals import Deal
from leadloop.leads import facts_of
from leadloop.leads.crm_refs import CrmRef, ref_key
from leadloop.leads.writing import decide_and_commit
from leadloop.ports.store import Document, Write
from support.interruptions import Interrupter
from support.metrica_desk import ANNA, BORIS, VERA, MetricaDesk, MetricaServer
from support.policies import PIPELINE, QUALIFIED

Change = Callable[[MetricaDesk], None]
EVERY_MOMENT = range(0, 64, 2)
BORIS_DEAL, ANNA_DEAL = "555", "554"


def plant_cast(desk: MetricaDesk) -> None:
    """Boris's deal is qualified; Anna came a day earlier, and her deal has not moved."""
    desk.plant("boris", client_id=BORIS, stages={"qualified": desk.now()}, deal=BORIS_DEAL)
    desk.plant("anna", client_id=ANNA, at=desk.now() - timedelta(days=1), deal=ANNA_DEAL)


def deal(desk: MetricaDesk, external_id: str) -> Deal:
    store = desk.world.store
    [document] = store.get_many([ref_key("amocrm", external_id)])
    return Deal.read(store, desk.world.runtime.policy, "amocrm", external_id, document)


def merge(desk: MetricaDesk) -> None:
    """Anna's deal is merged into Boris's, and a reading tells both leads where it stands."""
    merge_deals(desk, ANNA_DEAL, BORIS_DEAL)

    def decide() -> list[Write]:
        survivor = deal(desk, BORIS_DEAL)
        tell_stage(desk, survivor)
        return survivor.writes()

    decide_and_commit(desk.world.store, decide)


def merge_deals(desk: MetricaDesk, loser: str, winner: str) -> None:
    def decide() -> list[Write]:
        lost, survivor = deal(desk, loser), deal(desk, winner)
        survivor.take_over(lost, desk.now())
        return [*lost.writes(), *survivor.writes()]

    decide_and_commit(desk.world.store, decide)


def join(desk: MetricaDesk) -> None:
    """Anna's lead is found to be on Boris's deal, too."""

    def decide() -> list[Write]:
        joined = deal(desk, BORIS_DEAL)
        joined.join("anna", "client_id", desk.now())
        tell_stage(desk, joined)
        return joined.writes()

    decide_and_commit(desk.world.store, decide)


def tell_stage(desk: MetricaDesk, on: Deal) -> None:
    entered = facts_of.stage_entry("amocrm", BORIS_DEAL, PIPELINE, QUALIFIED, desk.now(), exact=True)
    for lead_id in on.leads:
        on.give(lead_id, [entered])


def qualified(desk: MetricaDesk) -> list[str]:
    return [identifier for _, identifier, target, _ in desk.conversions() if target == "lead_qualified"]


@pytest.mark.parametrize("change", [merge, join])
@pytest.mark.parametrize("moment", EVERY_MOMENT)
def test_a_change_of_owner_at_any_moment_of_a_run_leaves_one_conversion(
    server: MetricaServer, moment: int, change: Change
) -> None:
    desk = MetricaDesk(server)
    plant_cast(desk)
    store = desk.world.store

    def meanwhile() -> None:
        interrupted, desk.world.runtime.store = desk.world.runtime.store, store
        change(desk)
        desk.world.runtime.store = interrupted

    interrupter = Interrupter(moment, meanwhile)
    with desk.interrupted(interrupter):
        UploadRun(desk.context()).run()
    assert interrupter.passed <= EVERY_MOMENT.stop
    if interrupter.passed <= moment:
        meanwhile()
    desk.heal()

    assert len(qualified(desk)) == 1
    [sender] = [one for one in ("anna", "boris") if "lead_qualified" in desk.lead(one).claims]
    assert desk.lead(sender).ownership[f"amocrm-lead-{BORIS_DEAL}"]
    assert qualified(desk) == [BORIS if sender == "boris" else ANNA]


def test_before_a_claim_the_earlier_lead_becomes_the_owner_and_after_it_does_not(server: MetricaServer) -> None:
    """Both orders really happen, so the test above is about both."""
    senders = []
    for first, second in ((join, None), (None, join)):
        desk = MetricaDesk(server)
        plant_cast(desk)
        if first:
            first(desk)
        UploadRun(desk.context()).run()
        if second:
            second(desk)
        desk.heal()
        senders += qualified(desk)
    assert senders == [ANNA, BORIS]


@pytest.mark.parametrize("chain", [False, True], ids=["both into one", "one after the other"])
def test_a_goal_claimed_before_a_later_merge_is_not_claimed_again_through_an_earlier_one(
    server: MetricaServer, chain: bool
) -> None:
    """Anna's deal was merged first; its reference knows nothing of what Vera claimed on the one merged after it."""
    desk = MetricaDesk(server)
    qualified_at = {"qualified": desk.now()}
    desk.plant("anna", at=desk.now() - timedelta(days=3), stages=qualified_at, deal="551")  # without any id as yet
    desk.plant("boris", client_id=BORIS, at=desk.now() - timedelta(days=2), deal="552")
    desk.plant("vera", client_id=VERA, at=desk.now() - timedelta(days=1), stages=qualified_at, deal="553")
    merge_deals(desk, "551", "552")
    desk.upload()
    desk.heal()
    merge_deals(desk, *(("552", "553") if chain else ("553", "552")))
    desk.learn("anna", client_id=ANNA)
    desk.heal()
    assert qualified(desk) == [VERA]


def test_a_merge_writes_down_what_either_deal_claimed(server: MetricaServer) -> None:
    desk = MetricaDesk(server)
    plant_cast(desk)
    UploadRun(desk.context()).run()
    merge(desk)
    for external_id in (ANNA_DEAL, BORIS_DEAL):
        [document] = desk.world.store.get_many([ref_key("amocrm", external_id)])
        assert isinstance(document, Document)
        ref = CrmRef.of(document)
        assert (ref.owner, ref.frozen, ref.claimed) == ("boris", True, {"lead_qualified": "boris"})
        assert ref.leads["anna"] < timestamps.to_text(desk.now() - timedelta(hours=23))
