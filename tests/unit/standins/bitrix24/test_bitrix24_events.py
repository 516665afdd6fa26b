"""Outgoing webhooks: an id only, once, and everything that may go wrong on the way."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from unit.standins.amocrm.receiver import SILENCE, Receiver
from unit.standins.bitrix24.driver import APPLICATION_TOKEN, DEAL, RESALE, Bitrix24Driver, form


def recorded(bodies: Path, name: str) -> bytes:
    return (bodies / "events" / f"{name}.txt").read_bytes()


def names(receiver: Receiver) -> list[tuple[str, str]]:
    return [(body["event"], body["data[FIELDS][ID]"]) for body in map(form, receiver.bodies)]


# Bodies, byte for byte


def test_an_event_holds_an_id_and_the_moment_of_leaving_the_queue(
    portal: Bitrix24Driver, receiver: Receiver, bodies: Path
) -> None:
    portal.settings(delay_webhooks_seconds=20)
    portal.deal()
    assert portal.pump() == {"posted": 0}
    portal.set_time("2026-09-01T09:00:25Z")
    assert portal.pump() == {"posted": 1, "delivered": 1}
    assert receiver.bodies == [recorded(bodies, "deal-add-2026")]
    assert receiver.headers[0]["Content-Type"] == "application/x-www-form-urlencoded"


def test_bodies_of_2024_have_no_handler(portal: Bitrix24Driver, receiver: Receiver, bodies: Path) -> None:
    portal.settings(webhook_form="2024")
    deal = portal.deal()
    portal.act("edit", id=deal, fields={"OPPORTUNITY": 5})
    portal.pump()
    assert receiver.bodies[1] == recorded(bodies, "deal-update-2024")


def test_a_robot_posts_its_document_to_an_address_with_macros(
    portal: Bitrix24Driver, receiver: Receiver, bodies: Path
) -> None:
    portal.settings(webhook_form="2024")
    robot = {
        "stage": "WON",
        "destination": receiver.url + "?sum={=Document:OPPORTUNITY}&name={=Document:TITLE}&x={=Document:NOTHING}",
        "application_token": "token-of-the-robot-0000000000001",
    }
    portal.control("POST", "robots", [robot])
    deal = portal.deal(OPPORTUNITY=1.5, TITLE="Анна & Борис")
    portal.act("move", id=deal, stage="PREPARATION")
    portal.act("move", id=deal, stage="WON")
    portal.pump()
    assert receiver.bodies[-1] == recorded(bodies, "robot-deal")
    assert portal.told()[-1] == "robot DEAL_401"
    asked = parse_qs(urlsplit(receiver.lines[-1]).query, keep_blank_values=True)
    assert asked == {"sum": ["1.50"], "name": ["Анна & Борис"], "x": [""]}


# Which changes are told of


def test_adding_editing_moving_and_deleting_are_one_event_each(portal: Bitrix24Driver, receiver: Receiver) -> None:
    deal = portal.deal()
    portal.act("edit", id=deal, fields={"COMMENTS": "перезвонить"})
    portal.act("move", id=deal, stage="C1:NEW", category_id=RESALE)
    portal.act("delete", id=deal)
    portal.pump()
    assert names(receiver) == [(f"ONCRMDEAL{verb}", "401") for verb in ("ADD", "UPDATE", "UPDATE", "DELETE")]


def test_our_own_update_is_told_of_even_when_nothing_differs(portal: Bitrix24Driver, receiver: Receiver) -> None:
    deal = portal.deal()
    portal.result("crm.deal.update", id=deal, fields={"TITLE": "Анна"})
    portal.result("crm.item.update", entityTypeId=DEAL, id=deal, fields={})
    assert portal.told() == ["ONCRMDEALADD 401", "ONCRMDEALUPDATE 401", "ONCRMDEALUPDATE 401"]


def test_a_receiver_that_writes_back_is_told_of_its_own_writing(portal: Bitrix24Driver, receiver: Receiver) -> None:
    deal = portal.deal()

    def write_back() -> None:
        if len(receiver.bodies) < 3:
            portal.result("crm.deal.update", id=deal, fields={"UF_CRM_LEADLOOP_ID": "L1"})

    receiver.on_request = write_back
    assert portal.pump()["posted"] == 3


def test_a_conversion_tells_of_contact_deal_and_lead(portal: Bitrix24Driver, receiver: Receiver) -> None:
    lead = portal.act("create", kind="lead", fields={"NAME": "Анна"})["id"]
    portal.act("convert", lead_id=lead)
    assert portal.told() == ["ONCRMLEADADD 51", "ONCRMCONTACTADD 1", "ONCRMDEALADD 401", "ONCRMLEADUPDATE 51"]


def test_a_mass_edit_is_as_many_events_at_once(portal: Bitrix24Driver, receiver: Receiver) -> None:
    portal.control("POST", "deals", [{"fields": {"TITLE": "Анна"}} for _ in range(60)])
    edited = portal.act("edit_many", ids=list(range(401, 521, 2)), fields={"ASSIGNED_BY_ID": 13, "STAGE_ID": "WON"})
    assert edited["edited"] == 60
    assert portal.pump() == {"posted": 60, "delivered": 60}
    assert [record for _, record in names(receiver)] == [str(number) for number in range(401, 521, 2)]
    assert len(portal.moves(filter={"STAGE_ID": "WON"}, start=-1)) == 50


def test_a_click_with_robots_is_a_burst_about_one_deal(portal: Bitrix24Driver, receiver: Receiver) -> None:
    deal = portal.deal()
    portal.settings(robot_edits_after_move=4)
    portal.act("move", id=deal, stage="WON")
    assert portal.told() == ["ONCRMDEALADD 401", *["ONCRMDEALUPDATE 401"] * 5]
    assert len(portal.moves()) == 2


def test_an_outgoing_webhook_is_told_only_of_what_it_chose(portal: Bitrix24Driver) -> None:
    hook = {"destination": "http://127.0.0.1:1/", "events": ["OnCrmLeadAdd"], "application_token": "t"}
    portal.control("POST", "webhooks", [hook])
    portal.deal()
    portal.act("create", kind="lead")
    assert portal.told() == ["ONCRMLEADADD 51"]


# What may go wrong


@pytest.mark.parametrize("answer", [500, 404, 301, SILENCE])
def test_there_is_no_second_attempt(portal: Bitrix24Driver, receiver: Receiver, answer: int) -> None:
    portal.settings(webhook_deadline_seconds=0.2)
    receiver.otherwise = answer
    portal.deal()
    assert portal.pump() == {"posted": 1, "failed": 1}
    receiver.otherwise = 200
    portal.set_time("2026-09-05T09:00:00Z")
    assert portal.pump() == {"posted": 0}
    (delivery,) = portal.ledger()["webhook_deliveries"]
    assert (delivery["state"], delivery["code"]) == ("failed", answer)


def test_lost_events_leave_their_moves(portal: Bitrix24Driver, receiver: Receiver) -> None:
    portal.settings(lose_next_webhooks=1)
    portal.deal()
    portal.deal()
    portal.settings(lose_all_webhooks=True)
    portal.deal()
    portal.pump()
    assert names(receiver) == [("ONCRMDEALADD", "403")]
    assert portal.ledger()["webhook_counts"] == {"lost": 2, "delivered": 1}
    assert [one["OWNER_ID"] for one in portal.moves()] == [401, 403, 405]


def test_events_may_come_twice_and_out_of_order(portal: Bitrix24Driver, receiver: Receiver) -> None:
    portal.settings(send_webhooks_twice=True, reorder_webhooks=True)
    portal.deal()
    portal.deal()
    portal.pump()
    assert [record for _, record in names(receiver)] == ["403", "403", "401", "401"]


def test_a_strangers_token_is_sent_on_order(portal: Bitrix24Driver, receiver: Receiver) -> None:
    portal.settings(wrong_token_next_webhooks=1)
    portal.deal()
    portal.deal()
    portal.act("send_event", event="ONCRMDEALUPDATE", id=401, token="guessed", times=2)
    portal.pump()
    tokens = [form(body)["auth[application_token]"] for body in receiver.bodies]
    assert tokens[1:] == [APPLICATION_TOKEN, "guessed", "guessed"]
    assert (len(tokens[0]), tokens[0] != APPLICATION_TOKEN) == (32, True)


def test_an_event_may_be_about_what_is_gone_or_never_was(portal: Bitrix24Driver, receiver: Receiver) -> None:
    portal.settings(delay_webhooks_seconds=60)
    deal = portal.deal()
    portal.act("delete", id=deal)
    portal.act("send_event", event="ONCRMDEALUPDATE", id=9999)
    portal.set_time("2026-09-01T10:00:00Z")
    portal.pump()
    assert names(receiver) == [("ONCRMDEALADD", "401"), ("ONCRMDEALDELETE", "401"), ("ONCRMDEALUPDATE", "9999")]
    assert {portal.refused("crm.deal.get", id=int(record)) for _, record in names(receiver)} == {(400, "", "Not found")}
