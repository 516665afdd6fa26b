"""Promise 3: one conversion per (deal or lead, goal) reaches an ad system, even when the answer to an upload is lost.

What was counted is asked of the stand-ins' own books; what leadloop believes is not asked at all.
"""

from __future__ import annotations

from typing import Any

import pytest

from simulation.trouble import Scripted
from simulation.world import Company, OpenCompany
from support.interruptions import Crash, Interrupter
from support.policies import NEW, QUALIFIED, WON

ANNA, BORIS = "1700000000123456789", "1700000000123456790"
UPLOAD = {"path": "/upload$", "method": "POST"}
LOST_ANSWERS: dict[str, dict[str, Any]] = {
    "taken, then the line is cut": {"fault": "accept_then_drop"},
    "taken, then 500": {"fault": "accept_then_status", "status": 500},
    "taken, then a proxy's 502": {"fault": "accept_then_status", "status": 502},
    "taken, then 504": {"fault": "accept_then_status", "status": 504},
    "taken, half an answer": {"fault": "truncate", "keep": 20},
    "not taken, the line is cut": {"fault": "drop_before"},
    "not taken, 503": {"fault": "backend_error"},
    "over quota": {"fault": "quota", "status": 420},
}


class TestTheAnswerToAnUploadIsLost:
    @pytest.mark.parametrize("case", LOST_ANSWERS)
    def test_every_conversion_is_counted_once(self, case: str, open_company: OpenCompany) -> None:
        company = _two_leads(open_company())
        company.vendors.break_("metrica", **LOST_ANSWERS[case], **UPLOAD)
        company.live(hours=20)
        self._once(company, case)

    def test_also_when_the_list_does_not_show_it_for_two_hours(self, open_company: OpenCompany) -> None:
        company = _two_leads(open_company())
        company.vendors.break_("metrica", "accept_then_drop", **UPLOAD)
        company.vendors.break_("metrica", "listing_lag", minutes=119.0, path="/uploadings$", times=None)
        company.live(hours=20)
        self._once(company, "a lagging list")

    def test_also_when_every_upload_of_a_day_loses_its_answer(self, open_company: OpenCompany) -> None:
        company = _two_leads(open_company())
        company.vendors.break_("metrica", "accept_then_drop", **UPLOAD, times=None)
        company.live(hours=20)
        self._once(company, "no answer ever")

    def _once(self, company: Company, when: str) -> None:
        company.fire("check-uploads")
        assert [(one, target) for one, target, _ in company.counted()] == [
            (ANNA, "lead_received"),
            (BORIS, "lead_received"),
        ], when
        assert company.vendors.metrica_book()["resent_rows"] == [], when
        assert {one.fields["state"] for one in company.system.documents("upload")} <= {"terminal", "released"}, when


class TestTheProcessDies:
    def test_anywhere_in_an_upload(self, open_company: OpenCompany) -> None:
        for moment in range(0, self._moments(open_company, "upload-conversions", "hash")):
            company = _two_leads(open_company())
            self._die(company, "upload-conversions", moment)
            company.live(hours=20)
            assert len(company.counted()) == 2, f"moment {moment}"
            assert company.vendors.metrica_book()["resent_rows"] == [], f"moment {moment}"

    def test_anywhere_in_the_creation_of_a_crm_lead(self, open_company: OpenCompany) -> None:
        counting = Scripted("deliver-lead")
        company = open_company("keep", counting)
        company.send_form(phone="8 999 000-00-03")
        company.mail.settle()
        for moment in range(counting.moments):
            company = open_company("keep", Scripted("deliver-lead", moment))
            sent = company.send_form(phone="8 999 000-00-03")
            company.live(hours=20)
            book = company.vendors.crm_book()
            assert [lead["fields"]["LEADLOOP_ID"] for lead in book["leads"]] == [sent.lead_id], f"moment {moment}"

    def _moments(self, open_company: OpenCompany, function: str, mode: str) -> int:
        company = _two_leads(open_company(mode))
        counting = Interrupter.crash(None)
        company.system.call(function, interrupter=counting)
        return counting.passed

    def _die(self, company: Company, function: str, moment: int) -> None:
        with pytest.raises(Crash):
            company.system.call(function, interrupter=Interrupter.crash(moment))
        company.system.restart()


def test_a_schedule_that_fires_twice_at_once(open_company: OpenCompany) -> None:
    """The second run begins and ends at a touch of the first, at every fourth of them."""
    for moment in range(0, 48, 4):
        company = _two_leads(open_company())
        second = Interrupter(moment, lambda world=company: world.system.call("upload-conversions"))  # type: ignore[misc]
        company.system.call("upload-conversions", interrupter=second)
        company.live(hours=20)
        assert len(company.counted()) == 2, f"moment {moment}"
        assert company.vendors.metrica_book()["resent_rows"] == [], f"moment {moment}"


@pytest.mark.parametrize("fault", ["accept_then_drop", "accept_then_status", "truncate", "drop_before"])
def test_a_lost_answer_of_the_crm_makes_no_second_lead(fault: str, open_company: OpenCompany) -> None:
    company = open_company("keep")
    company.vendors.break_("amocrm", fault, path="/leads/complex$", method="POST")
    sent = company.send_form(phone="8 999 000-00-03", ym_client_id=ANNA)
    company.live(hours=20)
    book = company.vendors.crm_book()
    assert [lead["fields"]["LEADLOOP_ID"] for lead in book["leads"]] == [sent.lead_id]
    assert book["doubled_field_values"]["LEADLOOP_ID"] == {}


def test_a_lead_that_may_be_there_is_looked_for_before_it_is_created_again(open_company: OpenCompany) -> None:
    """No webhook and no pull told of it: only the message comes once more."""
    company = open_company("keep")
    company.loses_webhooks = True
    company.vendors.break_("amocrm", "accept_then_drop", path="/leads/complex$", method="POST")
    sent = company.send_form(phone="8 999 000-00-03", ym_client_id=ANNA)
    company.mail.settle()
    assert company.system.the("delivery").fields["state"] == "unknown"
    company.clock.advance(minutes=16)
    company.mail.bring_again("deliver-lead")
    company.mail.settle()
    assert company.system.the("delivery").fields["state"] == "delivered"
    assert [lead["fields"]["LEADLOOP_ID"] for lead in company.vendors.crm_book()["leads"]] == [sent.lead_id]


class TestTwoLeadsOnOneDeal:
    def test_a_goal_reached_after_the_merge_is_counted_for_the_earlier_lead(self, open_company: OpenCompany) -> None:
        company, deals = self._two_deals(open_company)
        company.act("merge", winner=deals[BORIS], loser=deals[ANNA])
        company.live(hours=20)
        company.act("move", lead_id=deals[BORIS], status_id=int(WON))
        company.live(hours=20)
        assert [one for one, target, _ in company.counted() if target == "flat_sold"] == [ANNA]

    def test_what_was_counted_before_the_merge_is_not_counted_again(self, open_company: OpenCompany) -> None:
        company, deals = self._two_deals(open_company)
        company.act("move", lead_id=deals[BORIS], status_id=int(QUALIFIED))
        company.live(hours=20)
        company.act("merge", winner=deals[ANNA], loser=deals[BORIS])
        company.live(hours=20)
        company.act("move", lead_id=deals[ANNA], status_id=int(QUALIFIED))
        company.live(hours=20)
        assert [one for one, target, _ in company.counted() if target == "lead_qualified"] == [BORIS]

    def test_nor_by_the_other_lead_whose_own_goals_were_counted_too(self, open_company: OpenCompany) -> None:
        """Each of the joined deals has sent something, so each had an owner; what either has sent is sent."""
        company, deals = self._two_deals(open_company)
        company.act("move", lead_id=deals[ANNA], status_id=int(WON))
        company.act("move", lead_id=deals[BORIS], status_id=int(QUALIFIED))
        company.live(hours=20)
        company.act("merge", winner=deals[ANNA], loser=deals[BORIS])
        company.live(hours=20)
        company.act("move", lead_id=deals[ANNA], status_id=int(QUALIFIED))
        company.live(hours=20)
        counted = [(one, target) for one, target, _ in company.counted() if target != "lead_received"]
        assert counted == [(ANNA, "flat_sold"), (BORIS, "lead_qualified")]

    def _two_deals(self, open_company: OpenCompany) -> tuple[Company, dict[str, int]]:
        company = open_company()
        deals = {}
        for place, client_id in enumerate((ANNA, BORIS)):
            company.send_form(phone=f"8 999 000-00-0{place + 3}", ym_client_id=client_id)
            fields = {"_YM_UID": client_id}
            made = company.act("create_lead", name="site", fields=fields, status_id=int(NEW), contact_name=client_id)
            deals[client_id] = int(made["lead_id"])
            company.live(hours=20)
        return company, deals


def _two_leads(company: Company) -> Company:
    """Two visitors whose forms are registered and not uploaded yet."""
    for place, client_id in enumerate((ANNA, BORIS)):
        company.send_form(phone=f"8 999 000-00-0{place + 3}", ym_client_id=client_id)
    company.settle()
    company.clock.advance(minutes=1)
    return company
