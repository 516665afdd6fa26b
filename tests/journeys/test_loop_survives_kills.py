"""``kill -9`` of the host in the middle of the work: nothing is lost, and nothing is counted or created twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from typing import TypeAlias

import pytest
import requests

from journeys.loop import WITHIN, Loop, wait_until, wait_until_fired
from journeys.visitors import Visitor

Fault: TypeAlias = dict[str, str | float]
VISITORS = [Visitor(number) for number in range(10)]
UNANSWERED: Fault = {"fault": "slow", "when": "after", "seconds": 10.0}
"""The vendor does the work at once; its answer would come when the host is long dead."""
CREATING: Fault = {**UNANSWERED, "method": "POST", "path": "leads/complex"}
READING: Fault = {**UNANSWERED, "method": "GET", "path": "/api/v4/leads"}
SENDING: Fault = {**UNANSWERED, "method": "POST", "path": "upload"}
ANYWHERE: Fault = {"fault": "slow", "method": "GET", "path": "goals"}
"""An upload run begins, and is struck wherever it has come to by then."""


def send_until_kept(loop: Loop, visitor: Visitor) -> str:
    """What a form with a retry does: the same body again until it is answered 2xx. Returns the lead's id."""
    given_up_at = time.monotonic() + WITHIN
    while time.monotonic() < given_up_at:
        try:
            answer = loop.post_form(visitor)
        except requests.RequestException:
            time.sleep(0.05)  # the host is dead, or died in the middle of this very request
            continue
        if answer.ok:
            return str(answer.json()["lead_id"])
    raise AssertionError(f"the form of {visitor.name} was not kept")


def strike(loop: Loop) -> None:
    """Kill the host, and start it again on the same data."""
    loop.kill_host()
    loop.start_host()


@contextmanager
def struck_during(loop: Loop, vendor: str, call: Fault, **how: float) -> Iterator[None]:
    """What the block causes is cut short by the death of the host, at a call it makes to a vendor."""
    loop.order(vendor, "faults", {**call, **how})
    yield
    wait_until_fired(loop, vendor)
    strike(loop)
    loop.repair(vendor)


def burst(loop: Loop, chance: random.Random) -> dict[Visitor, str]:
    """Every visitor sends a form, four at a time; somewhere in the middle the host is killed."""
    enough = chance.randint(1, len(VISITORS) - 3)
    with ThreadPoolExecutor(4) as senders:
        sent = [senders.submit(send_until_kept, loop, visitor) for visitor in VISITORS]
        wait_until(lambda: sum(one.done() for one in sent) >= enough, f"{enough} forms are answered")
        strike(loop)
        return {visitor: one.result() for visitor, one in zip(VISITORS, sent, strict=True)}


def sell(loop: Loop, leads: dict[Visitor, str], sold: list[Visitor]) -> None:
    """Sales move every deal; the CRM tells of it."""
    for visitor in VISITORS:
        loop.move(loop.deal_of(leads[visitor]), "sold" if visitor in sold else "qualified", 9_000_000)
    loop.order("amocrm", "webhooks/pump", {})


@pytest.mark.parametrize(
    ("seed", "at_the_crm", "at_metrica"),
    [(1, CREATING, SENDING), (2, CREATING, ANYWHERE), (3, READING, SENDING), (4, READING, ANYWHERE)],
    ids=["creating-sending", "creating-anywhere", "reading-sending", "reading-anywhere"],
)
def test_killed_three_times_it_loses_nothing_and_doubles_nothing(
    loop: Loop, seed: int, at_the_crm: Fault, at_metrica: Fault
) -> None:
    chance = random.Random(seed)
    loop.order("amocrm", "settings", {"duplicate_control": False})  # which would hide a lead created twice
    for visitor in VISITORS:
        loop.visit(visitor)
    with (
        struck_during(loop, "amocrm", CREATING, after=chance.randint(0, 6)) if at_the_crm is CREATING else nullcontext()
    ):
        leads = burst(loop, chance)
    loop.settle()
    loop.pass_time(minutes=30)  # a creation without an answer is looked for after one pull period
    sold = chance.sample(VISITORS, 3)
    with struck_during(loop, "amocrm", READING) if at_the_crm is READING else nullcontext():
        sell(loop, leads, sold)
    loop.settle()
    pause = {"seconds": chance.uniform(0, 0.1)} if at_metrica is ANYWHERE else {}
    with struck_during(loop, "metrica", at_metrica, **pause):
        loop.world.set_clock(loop.now.replace(hour=8, minute=0))
    for _ in range(4):
        loop.pass_time(hours=2)
    assert_nothing_lost_or_doubled(loop, leads, sold)


def assert_nothing_lost_or_doubled(loop: Loop, leads: dict[Visitor, str], sold: list[Visitor]) -> None:
    """Every lead that was answered for exists, has one deal, and each of its conversions was counted once."""
    assert {document.key.id for document in loop.documents("lead")} == set(leads.values())
    assert {lead_id: len(deals) for lead_id, deals in loop.deals().items()} == dict.fromkeys(leads.values(), 1)
    assert len(loop.ledger("amocrm")["leads"]) == len(VISITORS)
    later = Counter((one.client_id, "lead_sold" if one in sold else "lead_qualified") for one in VISITORS)
    assert loop.counted() == Counter((one.client_id, "lead_received") for one in VISITORS) + later
    assert loop.ledger("metrica")["resent_rows"] == []
    assert loop.documents("dead_letter") == []
