"""The CRM says no or says nothing: forms are taken all the same, and after the repair every lead is there once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from journeys.loop import Loop, assert_told
from journeys.visitors import ANNA, Visitor
from leadloop_host.demo.world import CRM_TOKEN

BAD_GATEWAY: dict[str, object] = {"status": 502, "path": "/api/v4", "times": None}
LATER = [Visitor(number) for number in range(1, 6)]


def assert_created_once(loop: Loop, lead_ids: Iterable[str]) -> None:
    assert {lead_id: len(deals) for lead_id, deals in loop.deals().items()} == dict.fromkeys(lead_ids, 1)
    assert len(loop.ledger("amocrm")["leads"]) == len(loop.deals())


def assert_received_once(loop: Loop, visitors: Iterable[Visitor], **of_anna: int) -> None:
    received = Counter((visitor.client_id, "lead_received") for visitor in visitors)
    assert loop.counted() == received + Counter({(ANNA.client_id, goal): times for goal, times in of_anna.items()})


def assert_everything_waits(loop: Loop, *words: str) -> None:
    """For two hours nothing arrives in the CRM or is read from it, and the log says why."""
    before = loop.deals().keys()
    for _ in range(2):
        loop.pass_time(hours=1)
    assert loop.deals().keys() == before
    assert_told(loop, "delivery_held", *words, "delivery then goes on by itself")
    assert_told(loop, "crm_unreadable", *words)


def test_an_account_that_is_closed_to_us_is_named_and_everything_waits(loop: Loop) -> None:
    anna = loop.send_form(ANNA)
    loop.settle()
    loop.order("amocrm", "actions", {"action": "revoke_token", "token": CRM_TOKEN})
    later = [loop.send_form(visitor) for visitor in LATER]
    loop.move(loop.deal_of(anna), "qualified")
    assert_everything_waits(loop, "401", "LEADLOOP_AMOCRM_TOKEN")
    loop.order("amocrm", "settings", {"unpaid": "all"})
    loop.order("amocrm", "tokens", [{"token": CRM_TOKEN}])
    assert_everything_waits(loop, "402", "the account is not paid for")
    assert CRM_TOKEN not in (loop.world.folder / "host.log").read_text()
    loop.order("amocrm", "settings", {"unpaid": "no"})
    for _ in range(2):
        loop.pass_time(hours=2)
    assert_created_once(loop, [anna, *later])
    assert_received_once(loop, [ANNA, *LATER], lead_qualified=1)


def test_a_crm_that_is_down_for_a_day_costs_no_lead_and_holds_up_nobody_else(loop: Loop) -> None:
    anna = loop.send_form(ANNA)
    loop.settle()
    loop.order("amocrm", "settings", {"duplicate_control": False})  # which would hide a lead created twice
    loop.order("amocrm", "faults", {"fault": "drop_before", "path": "/api/v4", "times": None})
    later = []
    for visitor in LATER:
        later.append(loop.send_form(visitor))
        loop.settle()
        loop.pass_time(hours=5)
        if visitor is LATER[1]:  # it comes back half, which is worse: leads are created, and every answer is a 502
            loop.repair("amocrm")
            loop.order("amocrm", "faults", {**BAD_GATEWAY, "fault": "status", "method": "GET"})
            loop.order("amocrm", "faults", {**BAD_GATEWAY, "fault": "accept_then_status", "method": "POST"})
    assert_told(loop, "crm_unreadable", "amocrm", "else see the error")
    assert_told(loop, "delivery_held", "could not be found out for a day", "make the CRM readable")
    loop.run("upload-conversions")
    assert_received_once(loop, [ANNA, *LATER])
    loop.move(loop.deal_of(anna), "qualified")
    loop.repair("amocrm")
    for _ in range(3):
        loop.pass_time(hours=2)
    assert_created_once(loop, [anna, *later])
    assert_received_once(loop, [ANNA, *LATER], lead_qualified=1)
    assert {delivery.fields["state"] for delivery in loop.documents("delivery")} == {"delivered"}
