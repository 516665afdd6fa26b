"""Deals that are deleted, come back, are merged, accepted from "unsorted", or leave for another pipeline and return."""

from __future__ import annotations

from datetime import timedelta

import pytest
from werkzeug.test import Client

from stress.crowd import ELSEWHERE, ELSEWHERE_SHOWN, client_id, stages_in_the_crm, stages_told
from support.crm_desk import TOKEN, CrmDesk
from support.policies import NEW, PIPELINE

HOOKS = pytest.mark.parametrize("hooks_arrive", [True, False], ids=["with webhooks", "without"])


def known(desk: CrmDesk, number: int = 0, **contact: str) -> tuple[str, int]:
    """A visitor's lead and its deal, of which all is known."""
    lead = desk.submit(f"visitor {number}", client_id=client_id(number), **contact)
    deal = desk.deal(fields={"_YM_UID": client_id(number)}, contact_name=f"visitor {number}", **contact)
    desk.settle()
    desk.carry_hooks()
    desk.carry_hooks()
    pass_a_pull(desk)
    return lead, deal


def pass_a_pull(desk: CrmDesk, hooks_arrive: bool = True) -> None:
    """Webhooks come, or do not; then the next pull."""
    if hooks_arrive:
        desk.carry_hooks()
    else:
        desk.forget_hooks()
    desk.clock.advance(minutes=15)
    desk.sync()
    if not hooks_arrive:
        desk.forget_hooks()


@HOOKS
class TestADeletedDealThatComesBack:
    def test_is_a_live_deal_again_and_its_sale_counts(self, desk: CrmDesk, hooks_arrive: bool) -> None:
        lead, deal = known(desk)
        desk.act("delete", lead_id=deal)
        pass_a_pull(desk, hooks_arrive)
        assert desk.state(lead).lost == {f"amocrm-lead-{deal}": "deleted"}
        desk.act("restore", lead_id=deal)
        desk.clock.advance(minutes=1)
        desk.move(deal, "sold")
        pass_a_pull(desk, hooks_arrive)
        state = desk.state(lead)
        assert state.lost == {}
        assert state.times_in({"sold"}) == [desk.clock.now() - timedelta(minutes=15)]
        assert "flat_sold" in desk.lead(lead).pending(desk.world.runtime.policy)

    def test_and_goes_for_good_is_lost(self, desk: CrmDesk, hooks_arrive: bool) -> None:
        lead, deal = known(desk)
        for deed in ("delete", "restore", "delete"):
            desk.act(deed, lead_id=deal)
            desk.clock.advance(minutes=1)
            if hooks_arrive:
                desk.carry_hooks()
        pass_a_pull(desk, hooks_arrive)
        assert desk.state(lead).lost == {f"amocrm-lead-{deal}": "deleted"}
        assert desk.ref(deal).gone == "deleted"

    def test_is_not_given_to_another_deal_meanwhile(self, desk: CrmDesk, hooks_arrive: bool) -> None:
        """While it is away its lead is free; once it is back, it is not."""
        lead, deal = known(desk)
        for deed in ("delete", "restore"):
            desk.act(deed, lead_id=deal)
            pass_a_pull(desk, hooks_arrive)
        other = desk.deal(fields={"_YM_UID": client_id(0)})
        pass_a_pull(desk, hooks_arrive)
        pass_a_pull(desk, hooks_arrive)
        assert lead not in desk.ref(other).leads
        assert desk.state(lead).crm_ref == f"amocrm-lead-{deal}"


@HOOKS
def test_what_happened_to_a_deal_before_it_was_merged_is_told_to_its_lead(desk: CrmDesk, hooks_arrive: bool) -> None:
    """Without webhooks the deal is gone when it is asked for; its history is not."""
    (first, loser), (second, winner) = known(desk, 0), known(desk, 1)
    desk.clock.advance(minutes=1)
    desk.move(loser, "qualified")
    desk.act("set_price", lead_id=loser, price=5_000_000)
    qualified_at = desk.clock.now()
    desk.clock.advance(minutes=1)
    desk.act("merge", winner=winner, loser=loser)
    merged_at = desk.clock.now()
    pass_a_pull(desk, hooks_arrive)
    assert desk.ref(loser).alias_of == f"amocrm-lead-{winner}"
    assert desk.ref(winner).leads.keys() == {first, second}
    assert desk.state(first).stages["qualified"].at == qualified_at
    assert desk.state(first).crm_ref == f"amocrm-lead-{winner}"
    lost = [fact for fact in desk.lead(first).facts if fact.kind == "crm_entity_lost"]
    assert [(fact.values["how"], fact.occurred_at) for fact in lost] == [("merged", merged_at)]
    price = desk.state(first).price
    assert price is not None
    assert price.amount == 500_000_000


@HOOKS
@pytest.mark.parametrize("into_another", [False, True], ids=["as a deal of its own", "into another"])
def test_a_request_accepted_from_unsorted_is_found(desk: CrmDesk, hooks_arrive: bool, into_another: bool) -> None:
    existing = desk.deal(contact_name="visitor", phone="+7 999 000-00-03") if into_another else None
    pass_a_pull(desk, hooks_arrive)
    lead = desk.submit("anna", client_id=client_id(0), phone="+7 999 000-00-03")
    desk.settle()
    waiting = unsorted_request(desk)
    pass_a_pull(desk, hooks_arrive)
    accepted = desk.act("accept_unsorted", lead_id=waiting, status_id=int(NEW), into=existing)["lead_id"]
    desk.clock.advance(minutes=1)
    desk.move(accepted, "qualified")
    pass_a_pull(desk, hooks_arrive)
    pass_a_pull(desk, hooks_arrive)
    assert desk.ref(accepted).owner == lead or lead in desk.ref(accepted).leads
    assert desk.state(lead).crm_ref == f"amocrm-lead-{accepted}"
    assert "qualified" in desk.state(lead).stages
    assert desk.marks() == []


def unsorted_request(desk: CrmDesk) -> int:
    """A form of the site's own, as amoCRM takes it in; the deal that waits to be accepted."""
    form: dict[str, object] = {
        "source_name": "site",
        "source_uid": "form-1",
        "metadata": {
            **{"form_id": "1", "form_name": "main", "form_page": "/", "ip": "10.0.0.1", "referer": "/"},
            "form_sent_at": int(desk.clock.now().timestamp()),
        },
        "_embedded": {
            "leads": [{"name": "Заявка", "custom_fields_values": [client_id_field(0)]}],
            "contacts": [{"name": "visitor"}],
        },
    }
    answer = Client(desk.amocrm).post(
        "/api/v4/leads/unsorted/forms", json=[form], headers={"Authorization": f"Bearer {TOKEN}"}
    )
    assert answer.status_code == 200, answer.text
    [waiting] = desk.amocrm.account.unsorted.values()
    return waiting.lead_id


def client_id_field(number: int) -> dict[str, object]:
    return {"field_code": "_YM_UID", "values": [{"value": client_id(number)}]}


@HOOKS
def test_a_deal_that_leaves_for_another_pipeline_and_returns(desk: CrmDesk, hooks_arrive: bool) -> None:
    """142 is won in every pipeline; only that of the policy's counts, each stage the first time."""
    lead, deal = known(desk)
    began = desk.clock.now()
    steps = [
        (PIPELINE, "70012"),
        (ELSEWHERE, ELSEWHERE_SHOWN),
        (ELSEWHERE, "142"),
        (PIPELINE, "70012"),
        (PIPELINE, "142"),
    ]
    for pipeline, status in steps:
        desk.clock.advance(minutes=2)
        desk.act("move", lead_id=deal, pipeline_id=int(pipeline), status_id=int(status))
        if hooks_arrive:
            desk.carry_hooks()
    pass_a_pull(desk, hooks_arrive)
    stages = {stage: entry.at - began for stage, entry in desk.state(lead).stages.items()}
    assert stages == {"qualified": timedelta(minutes=2), "sold": timedelta(minutes=10)}
    assert desk.state(lead).unmapped_statuses == {f"{ELSEWHERE}/{ELSEWHERE_SHOWN}", f"{ELSEWHERE}/142"}
    assert stages_told(desk) == stages_in_the_crm(desk)
    assert desk.world.totals("stages.sold") == 1


@HOOKS
def test_two_leads_on_one_deal_are_told_the_same_and_one_sale_counts(desk: CrmDesk, hooks_arrive: bool) -> None:
    (first, deal), (second, merged) = known(desk, 0), known(desk, 1)
    desk.act("merge", winner=deal, loser=merged)
    pass_a_pull(desk, hooks_arrive)
    for stage in ("qualified", "sold"):
        desk.clock.advance(minutes=1)
        desk.move(deal, stage)
    desk.act("set_price", lead_id=deal, price=9_000_000)
    pass_a_pull(desk, hooks_arrive)
    assert desk.ref(deal).leads.keys() == {first, second}
    told = [desk.state(lead) for lead in (first, second)]
    assert told[0].stages == told[1].stages
    assert told[0].price == told[1].price
    policy = desk.world.runtime.policy
    assert "flat_sold" in desk.lead(first).pending(policy)
    assert "flat_sold" not in desk.lead(second).pending(policy)
