"""Promise 7: deadlines are honoured: what is about to miss its window goes first and is announced before it is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from leadloop.report.explanation import Decision, explain
from simulation.world import Company, OpenCompany
from support.policies import QUALIFIED, WON

ANNA, BORIS, VERA, GLEB = (f"170000000012345678{number}" for number in range(4))
SECOND, WINDOW = timedelta(seconds=1), timedelta(days=21)
OWN_DEADLINE = WINDOW - timedelta(hours=3)


def come(company: Company, **sent: object) -> str:
    lead_id = company.send_form(**sent).lead_id
    company.settle()
    return str(lead_id)


def upload(company: Company) -> dict[str, Any]:
    return company.fire("upload-conversions") or {}


def decision(company: Company, lead_id: str) -> Decision:
    store, now = company.system.store, company.clock.now()
    [told] = explain(store, company.policy, company.lead(lead_id), now).decisions
    return told


@pytest.mark.parametrize(
    ("after", "rule"),
    [
        (OWN_DEADLINE - SECOND, "window.will_link"),
        (OWN_DEADLINE, "window.will_link"),
        (OWN_DEADLINE + SECOND, "window.may_link"),
        (WINDOW - SECOND, "window.may_link"),
        (WINDOW, "window.may_link"),
    ],
)
def test_to_the_last_second_of_the_window_it_is_sent(after: timedelta, rule: str, open_company: OpenCompany) -> None:
    company = open_company()
    lead_id = come(company, ym_client_id=ANNA)
    company.clock.advance(seconds=after.total_seconds())
    assert (decision(company, lead_id).ended, decision(company, lead_id).rule) == ("next upload", rule)
    upload(company)
    assert [who for who, _, _ in company.counted()] == [ANNA]


def test_a_second_later_it_is_lost_with_rule_and_reason(open_company: OpenCompany) -> None:
    company = open_company()
    lead_id = come(company, ym_client_id=ANNA)
    company.clock.advance(seconds=(WINDOW + SECOND).total_seconds())
    upload(company)
    assert company.counted() == []
    lost = decision(company, lead_id)
    assert (lost.ended, lost.rule) == ("expired", "expired.window_closed")
    assert lost.reason == "happened 2026-09-01T09:00:00.000000Z; its window of 21 days is over"
    assert company.system.totals("expired.lead_received") == 1
    assert company.logged("conversions_expired") == [{"by_rule": {"expired.window_closed": 1}}]


def test_when_there_is_room_for_one_row_the_nearest_deadline_has_it(open_company: OpenCompany) -> None:
    company = open_company(defaults={"rows_per_upload": 1, "uploads_per_run": 1})
    come(company, ym_client_id=ANNA)
    upload(company)
    for who in (GLEB, BORIS, VERA):
        company.clock.advance(days=1)
        come(company, ym_client_id=who)
    company.clock.advance(days=5)
    company.act("create_lead", name="Сделка", fields={"_YM_UID": ANNA}, status_id=int(QUALIFIED))
    company.settle()
    company.clock.advance(minutes=11)  # a deal of an earlier form waits for a nearer one
    company.fire("sync-crm")
    order = []
    while (before := company.counted()) and upload(company)["rows"].get("accepted"):
        order += [(who, target) for who, target, at in company.counted() if (who, target, at) not in before]
    received = [(who, "lead_received") for who in (GLEB, BORIS, VERA)]
    assert order == [(ANNA, "lead_qualified"), *received], "Anna's visit was the first, though her deal was the last"


@pytest.mark.parametrize("trouble", ["no identifier", "Metrica is down"])
def test_what_is_about_to_be_lost_is_announced_first(trouble: str, open_company: OpenCompany) -> None:
    company = open_company()
    lead_id = come(company, **({} if trouble == "no identifier" else {"ym_client_id": ANNA}), city="Уфа")
    if trouble == "Metrica is down":
        company.vendors.break_("metrica", "backend_error", path="/goals", method="GET", times=None)
    company.clock.advance(days=19)
    announced_at = []
    for _ in range(24):
        company.clock.advance(hours=2)
        if company.clock.now() > company.lead(lead_id).facts[0].occurred_at + WINDOW:
            break
        told = len(company.logged("conversions_near_deadline"))
        upload(company)
        announced_at += [company.clock.now()] * (len(company.logged("conversions_near_deadline")) - told)
    assert company.logged("conversions_expired") == [], "it is not lost yet"
    rule = "held.no_identifier" if trouble == "no identifier" else "not_sent.run_stopped"
    assert company.logged("conversions_near_deadline")[0] == {"by_rule": {rule: 1}}
    before_deadline = company.lead(lead_id).facts[0].occurred_at + OWN_DEADLINE - announced_at[0]
    assert timedelta(hours=20) < before_deadline <= timedelta(days=1)
    company.vendors.mend()
    company.clock.advance(hours=2)
    upload(company)
    rule = "expired.never_captured" if trouble == "no identifier" else "expired.window_closed"
    assert company.logged("conversions_expired") == [{"by_rule": {rule: 1}}]
    assert decision(company, lead_id).reason


def test_a_later_visit_opens_the_window_again(open_company: OpenCompany) -> None:
    company = open_company()
    hers = {"submission_id": "a", "phone": "89990000003", "ym_client_id": ANNA}
    first = come(company, **hers)
    company.clock.advance(days=20)
    assert come(company, **hers, yclid="777") == first, "the same form after another click"
    company.clock.advance(days=10)
    upload(company)
    assert [who for who, _, _ in company.counted()] == [ANNA], "the form is 30 days old, the visit 10"


def test_a_price_is_waited_for_to_the_second(open_company: OpenCompany) -> None:
    company = open_company()
    come(company, ym_client_id=ANNA)
    company.act("create_lead", name="Сделка", fields={"_YM_UID": ANNA}, status_id=int(QUALIFIED), price=900)
    company.settle()
    company.clock.advance(minutes=1)
    company.act("move", lead_id=company.vendors.crm_book()["leads"][0]["id"], status_id=int(WON))
    company.settle()
    sold = []
    for wait in (timedelta(minutes=30) - SECOND, SECOND):
        company.clock.advance(seconds=wait.total_seconds())
        upload(company)
        sold.append([who for who, target, _ in company.counted() if target == "flat_sold"])
    assert sold == [[], [ANNA]]


def test_a_goal_that_the_counter_lacks_is_announced_a_day_before_to_the_second(open_company: OpenCompany) -> None:
    company = open_company(goals={"lead_received": {"on": "received", "target": "unheard_of"}})
    come(company, ym_client_id=ANNA)
    said = []
    for wait in (OWN_DEADLINE - timedelta(days=1) - SECOND, SECOND):
        company.clock.advance(seconds=wait.total_seconds())
        upload(company)
        said.append(company.logged("conversions_near_deadline"))
    assert said == [[], [{"by_rule": {"held.goal_not_in_counter": 1}}]]


def test_near_its_deadline_an_upload_of_which_nobody_knows_is_an_alarm_and_not_a_guess(
    open_company: OpenCompany,
) -> None:
    company = open_company()
    come(company, ym_client_id=ANNA)
    company.clock.advance(seconds=(OWN_DEADLINE - timedelta(hours=5)).total_seconds())
    company.vendors.break_("metrica", "drop_before", path="/upload$")
    upload(company)
    company.clock.advance(minutes=20)
    company.fire("check-uploads")
    assert company.logged("unknown_upload_near_deadline")
    assert company.vendors.requests("metrica", "POST", "/upload") == 1
