"""Promise 5: a lost webhook costs at most one pull period; a dead vendor slows neither intake nor another vendor."""

from __future__ import annotations

from typing import Any

import pytest

from leadloop.crm.amocrm import client as amocrm
from leadloop.json_types import JsonObject
from simulation.world import Company, OpenCompany
from support.policies import MEETING, NEW, QUALIFIED

ANNA, BORIS = "1700000000123456789", "1700000000123456790"


class TestEveryWebhookIsLost:
    @pytest.mark.parametrize("mode", ["none", "hash", "keep"])
    def test_after_one_pull_the_state_is_as_if_none_had_been(self, mode: str, open_company: OpenCompany) -> None:
        ends = []
        for loses in (False, True):
            company = open_company(mode)
            company.loses_webhooks = loses
            _sales(company)
            company.clock.advance(minutes=15)
            company.fire("sync-crm")
            company.mail.settle()
            ends.append(_states(company))
        assert ends[0] == ends[1]
        assert ["qualified", "meeting"] in [state["stages"] for state in ends[1].values()]

    def test_before_the_pull_nothing_is_known(self, open_company: OpenCompany) -> None:
        """Otherwise the test above would prove nothing."""
        company = open_company()
        company.loses_webhooks = True
        _sales(company)
        assert all(state["stages"] == [] for state in _states(company).values())


class TestTheCrmHangs:
    @pytest.fixture
    def company(self, open_company: OpenCompany, monkeypatch: pytest.MonkeyPatch) -> Company:
        """Every call to the CRM hangs longer than it may take; what it asks for is done all the same."""
        monkeypatch.setattr(amocrm, "READ_TIMEOUT", 0.05)
        monkeypatch.setattr(amocrm, "WRITE_TIMEOUT", 0.05)
        company = open_company("keep")
        company.vendors.break_("amocrm", "slow", seconds=0.2, when="after", path="/api/", times=None)
        return company

    def test_forms_are_answered_and_registered_without_a_call_to_it(self, company: Company) -> None:
        sent = company.send_form(phone="8 999 000-00-03", ym_client_id=ANNA)
        assert company.vendors.requests("amocrm", "GET", "") == company.vendors.requests("amocrm", "POST", "") == 0
        company.mail.settle()
        assert company.lead(str(sent.lead_id)).facts
        assert company.mail.waiting == [], "the delivery was acknowledged: an outage is no matter of redelivery"
        assert company.system.the("delivery").fields["next_try_at"]

    def test_conversions_are_uploaded(self, company: Company) -> None:
        company.send_form(phone="8 999 000-00-03", ym_client_id=ANNA)
        company.mail.settle()
        company.clock.advance(minutes=1)
        company.fire("sync-crm")
        company.fire("upload-conversions")
        assert [one for one, _, _ in company.counted()] == [ANNA]

    def test_it_heals(self, company: Company) -> None:
        sent = company.send_form(phone="8 999 000-00-03", ym_client_id=ANNA)
        company.mail.settle()
        company.vendors.mend()
        company.live(hours=20)
        book = company.vendors.crm_book()
        assert [lead["fields"]["LEADLOOP_ID"] for lead in book["leads"]] == [sent.lead_id]


@pytest.mark.parametrize("fault", [{"fault": "drop_before"}, {"fault": "status", "status": 503}, {"fault": "quota"}])
def test_a_dead_metrica_keeps_neither_forms_nor_the_crm_waiting(
    fault: dict[str, Any], open_company: OpenCompany
) -> None:
    company = open_company("keep")
    company.vendors.break_("metrica", **fault, times=None)
    sent = company.send_form(phone="8 999 000-00-03", ym_client_id=ANNA)
    company.round()
    deal = company.deal_of(str(sent.lead_id))
    company.act("move", lead_id=deal, status_id=int(QUALIFIED))
    company.round()
    assert list(company.lead(str(sent.lead_id)).state(company.policy).stages) == ["qualified"]
    assert company.counted() == []
    company.vendors.mend()
    company.live(hours=20)
    assert [target for _, target, _ in company.counted()] == ["lead_qualified", "lead_received"]


def _sales(company: Company) -> None:
    """Two leads; their deals are made (by whoever makes them in this mode), priced and moved."""
    deals = []
    for name, client_id, phone in (("anna", ANNA, "3"), ("boris", BORIS, "4")):
        sent = company.send_form(submission_id=name, phone=f"8 999 000-00-0{phone}", ym_client_id=client_id)
        if company.policy.contacts.mode != "keep":
            fields = {"_YM_UID": client_id}
            made = company.act("create_lead", name=name, fields=fields, status_id=int(NEW), contact_name=name)
            deals.append(int(made["lead_id"]))
        company.settle()
        if company.policy.contacts.mode == "keep":
            deals.append(company.deal_of(str(sent.lead_id)))
    company.clock.advance(minutes=30)
    company.act("move", lead_id=deals[0], status_id=int(QUALIFIED))
    company.act("set_price", lead_id=deals[1], price=4_000_000)
    company.clock.advance(minutes=1)
    company.act("move", lead_id=deals[0], status_id=int(MEETING))
    company.settle()


def _states(company: Company) -> dict[str, JsonObject]:
    states = {one.key.id: company.lead(one.key.id).state(company.policy) for one in company.system.documents("lead")}
    return {
        lead_id: {
            "stages": list(state.stages),
            "at": [str(entry.at) for entry in state.stages.values()],
            "price": state.price.amount if state.price else None,
            "refs": [*state.crm_refs],
        }
        for lead_id, state in states.items()
    }
