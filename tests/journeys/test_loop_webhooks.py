"""Webhooks over real HTTP: with a wrong secret, with bodies amoCRM really sent, and with none of sense at all."""

from __future__ import annotations

from pathlib import Path

import requests

from journeys.loop import Loop
from journeys.visitors import ANNA

RECORDED = sorted((Path(__file__).parents[1] / "bodies" / "amocrm").glob("*/*.txt"))
SENSELESS = (b"", b"\xff\xfe\x00", b"{}", b"leads[add][0][id]=abc", b"%%%=%zz&[]=[", b"x" * 300_000)


def post_hook(loop: Loop, secret: str, body: bytes) -> requests.Response:
    """What amoCRM does; it reads nothing of the answer but its status."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "amoCRM-Webhooks/3.0"}
    address = f"{loop.world.host}/receive-crm-event/amocrm/{secret}"
    return requests.post(address, body, headers=headers, timeout=120)


def test_whatever_amocrm_sends_is_answered_200_and_the_loop_goes_on(loop: Loop) -> None:
    assert len(RECORDED) >= 5
    bodies = [path.read_bytes().strip() for path in RECORDED]
    answers = [post_hook(loop, loop.world.hook_secret, body) for body in (*bodies, *SENSELESS)]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    loop.settle()
    assert loop.logged("function_crashed") == []
    outcomes = [document.fields["outcome"] for document in loop.documents("outcome")]
    assert len(outcomes) == len(answers)
    assert set(outcomes) == {"applied", "quarantined"}
    lead_id = loop.send_form(ANNA)
    loop.settle()
    loop.move(loop.deal_of(lead_id), "qualified")
    loop.settle()
    loop.pass_time(hours=2)
    assert loop.counted() == {(ANNA.client_id, "lead_received"): 1, (ANNA.client_id, "lead_qualified"): 1}


def test_a_wrong_secret_is_answered_404_and_the_pull_makes_up_for_the_hooks(loop: Loop) -> None:
    for secret in ("wrong", "", "wrong/wrong", loop.world.hook_secret[:-1]):
        answer = post_hook(loop, secret, RECORDED[0].read_bytes())
        assert answer.status_code == 404
        assert answer.json()["error"]["what_to_do"] == "check the webhook's address in the CRM"
    assert loop.documents("outcome") == []
    lead_id = loop.send_form(ANNA)
    loop.settle()
    loop.restart_host(LEADLOOP_HOOK_SECRET="another-one-than-the-crm-was-told")
    loop.move(loop.deal_of(lead_id), "qualified")
    loop.settle()
    assert loop.ledger("amocrm")["webhook_deliveries"][-1]["attempts"][-1]["code"] == 404
    loop.pass_time(minutes=15)  # sync-crm
    loop.pass_time(hours=2)
    assert loop.counted() == {(ANNA.client_id, "lead_received"): 1, (ANNA.client_id, "lead_qualified"): 1}
