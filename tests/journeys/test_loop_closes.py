"""From the ad click to the sale and back, in each contacts mode: forms, a CRM, Metrica, all over real HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from journeys.loop import MORNING, Loop, living
from journeys.visitors import ANNA, BORIS, VERA, Visitor
from leadloop.policy import ContactMode

PRICE = 14_850_000


def sell(loop: Loop, *deals: int) -> None:
    """An hour to each stage, then time for two uploads and for Metrica to process them."""
    for stage, price in (("qualified", None), ("meeting", None), ("sold", PRICE)):
        loop.pass_time(hours=1)
        for deal in deals:
            loop.move(deal, stage, price)
        loop.settle()
    for _ in range(3):
        loop.pass_time(hours=2)


def conversions(loop: Loop, visitor: Visitor) -> list[tuple[str, int, str | None, bool]]:
    """What Metrica counted for a visitor: goal, moment, price, and whether it found the visit; by moment."""
    rows: list[dict[str, Any]] = loop.ledger("metrica")["conversions"]
    own = sorted((row for row in rows if row["id"] == visitor.client_id), key=lambda row: row["datetime"])
    return [(row["target"], row["datetime"], row["price"], row["linked"]) for row in own]


def whole_way(received: datetime, sales_begin: datetime) -> list[tuple[str, int, str | None, bool]]:
    """What must be counted for who was sold to by ``sell``: each goal at the moment it was reached."""
    reached = [sales_begin + timedelta(hours=hour) for hour in (1, 2, 3)]
    moments = [int(moment.timestamp()) for moment in (received, *reached)]
    goals = ("lead_received", "lead_qualified", "lead_meeting", "lead_sold")
    prices = (None, None, None, f"{PRICE}.00")
    return [(goal, moment, price, True) for goal, moment, price in zip(goals, moments, prices, strict=True)]


def assert_read_back(loop: Loop) -> None:
    """Every upload is done: its totals were read back, and nothing is left to send."""
    uploads = loop.documents("upload")
    assert {upload.fields["state"] for upload in uploads} == {"terminal"}
    assert loop.run("upload-conversions")["uploads"] == {"adopted": 0}
    assert loop.ledger("metrica")["resent_rows"] == []


def test_kept_contacts_become_a_deal_and_the_deal_becomes_conversions(loop: Loop) -> None:
    lead_id = loop.send_form(ANNA)
    loop.settle()
    deal = loop.deal(loop.deal_of(lead_id))
    assert deal["fields"] == {
        "LEADLOOP_ID": lead_id,
        "_YM_UID": ANNA.client_id,
        "UTM_SOURCE": "yandex",
    }
    [contact] = [one for one in loop.ledger("amocrm")["contacts"] if one["id"] in deal["contact_ids"]]
    assert (contact["name"], contact["fields"]["PHONE"]) == ("Анна", "+79991000001")
    sell(loop, deal["id"])
    assert conversions(loop, ANNA) == whole_way(MORNING, MORNING)
    assert_read_back(loop)


def test_hashed_contacts_meet_the_deal_that_the_site_made_by_phone(tmp_path: Path) -> None:
    with living(tmp_path, ContactMode.HASH) as loop:
        leads = {ANNA: loop.send_form(ANNA)}
        deals = {BORIS: loop.create_deal(BORIS)}
        loop.pass_time(minutes=1)
        deals[ANNA] = loop.create_deal(ANNA)  # the form came first
        leads[BORIS] = loop.send_form(BORIS)  # the deal came first
        loop.settle()
        for visitor, lead_id in leads.items():
            fields = loop.deal(deals[visitor])["fields"]
            assert fields == {"LEADLOOP_ID": lead_id, "_YM_UID": visitor.client_id, "UTM_SOURCE": "yandex"}
        sell(loop, *deals.values())
        begun = MORNING + timedelta(minutes=1)
        assert conversions(loop, ANNA) == whole_way(received=MORNING, sales_begin=begun)
        assert conversions(loop, BORIS) == whole_way(received=begun, sales_begin=begun)
        assert_read_back(loop)
        assert_nothing_personal_rests(loop, ANNA)


def test_without_contacts_leads_meet_their_deals_by_the_ids_the_site_passed_on(tmp_path: Path) -> None:
    with living(tmp_path, ContactMode.NONE, {"crm": {"fields": {"submission_id": "SUBMISSION_ID"}}}) as loop:
        loop.order("amocrm", "fields", [{"name": "Заявка", "code": "SUBMISSION_ID"}])
        leads = {visitor: loop.send_form(visitor) for visitor in (ANNA, BORIS)}
        deals = {
            ANNA: loop.create_deal(ANNA, _YM_UID=ANNA.client_id),
            BORIS: loop.create_deal(BORIS, SUBMISSION_ID=BORIS.form["submission_id"]),
        }
        stranger = loop.create_deal(VERA)
        loop.settle()
        for visitor, lead_id in leads.items():
            fields = loop.deal(deals[visitor])["fields"]
            assert (fields["LEADLOOP_ID"], fields["_YM_UID"]) == (lead_id, visitor.client_id)
        assert "LEADLOOP_ID" not in loop.deal(stranger)["fields"]
        sell(loop, deals[ANNA])
        assert conversions(loop, ANNA) == whole_way(MORNING, MORNING)
        assert loop.counted()[BORIS.client_id, "lead_received"] == 1
        assert_read_back(loop)
        assert_nothing_personal_rests(loop, ANNA)


def assert_nothing_personal_rests(loop: Loop, visitor: Visitor) -> None:
    """Neither documents nor messages nor the log hold the visitor's name or phone, in any spelling."""
    digits = "".join(filter(str.isdigit, visitor.phone))
    resting = [*loop.data.iterdir(), loop.world.folder / "host.log"]
    for path in resting:
        content = path.read_bytes()
        for personal in (visitor.name, visitor.phone, digits, digits[1:]):
            assert personal.encode() not in content, f"{path.name} holds {personal}"
