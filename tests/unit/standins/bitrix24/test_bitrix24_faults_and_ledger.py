"""What breaks on order, and the portal's own books."""

import json

import pytest

from unit.standins.amocrm.receiver import Receiver
from unit.standins.bitrix24.driver import DEAL, OLGA, Bitrix24Driver

OURS = {"TITLE": "Заявка", "UF_CRM_LEADLOOP_ID": "L-anna"}

# Faults


def test_a_lost_answer_leaves_the_deal_and_a_second_try_makes_a_double(portal: Bitrix24Driver) -> None:
    portal.order("accept_then_status", path="crm.deal.add", status=504)
    assert portal.call("crm.deal.add", {"fields": OURS}).status_code == 504
    portal.deal(**OURS)
    ledger = portal.ledger()
    assert ledger["doubled_field_values"] == {
        "leads": {},
        "deals": {"UF_CRM_LEADLOOP_ID": {"L-anna": [401, 403]}},
    }
    assert [(one["method"], one["kind"], one["id"]) for one in ledger["created_by_request"]] == [
        ("crm.deal.add", "deal", 401),
        ("crm.deal.add", "deal", 403),
    ]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "NO_AUTH_FOUND"),
        (429, "OPERATION_TIME_LIMIT"),
        (500, "INTERNAL_SERVER_ERROR"),
        (503, "QUERY_LIMIT_EXCEEDED"),
    ],
)
def test_an_ordered_status_comes_with_its_envelope_and_without_the_work(
    portal: Bitrix24Driver, status: int, code: str
) -> None:
    portal.order("status", status=status)
    assert portal.refused("crm.deal.add", fields=OURS)[:2] == (status, code)
    assert portal.ledger()["deals"] == []


def test_a_gateway_answers_in_html(portal: Bitrix24Driver) -> None:
    portal.order("status", status=502)
    assert portal.call("profile").mimetype == "text/html"


def test_garbage_is_200_after_the_work(portal: Bitrix24Driver) -> None:
    portal.order("garbage", path="crm.deal.add")
    response = portal.call("crm.deal.add", {"fields": OURS})
    assert (response.status_code, response.text) == (200, "<html><body>502</body></html>")
    assert [one["name"] for one in portal.ledger()["deals"]] == ["Заявка"]


def test_the_portal_may_be_down_until_the_order_is_taken_back(portal: Bitrix24Driver, receiver: Receiver) -> None:
    portal.order("status", status=500, times=None)
    assert [portal.call("profile").status_code for _ in range(3)] == [500] * 3
    portal.act("create", fields={"TITLE": "Анна"})
    assert portal.pump()["delivered"] == 1
    portal.control("DELETE", "faults")
    assert portal.call("profile").status_code == 200


def test_a_fault_matches_the_method_and_never_sees_the_code(portal: Bitrix24Driver) -> None:
    portal.order("status", path=f"/rest/{OLGA}/…/crm.item", times=None)
    assert portal.call("crm.item.list", {"entityTypeId": DEAL}).status_code == 500
    assert portal.call("crm.deal.list").status_code == 200


# Books


def test_every_change_is_written_with_its_time_and_way(portal: Bitrix24Driver) -> None:
    deal = portal.deal(TITLE="Анна")
    portal.set_time("2026-09-02T09:00:00Z")
    portal.act("move", id=deal, stage="WON")
    portal.act("robot_edits", id=deal, times=1, fields={"COMMENTS": "ура"})
    portal.result("crm.deal.delete", id=deal)
    told = [(one["at"][:10], one["action"], one["via"], one["by"]) for one in portal.ledger()["changes"]]
    assert told == [
        ("2026-09-01", "added", "rest", OLGA),
        ("2026-09-02", "updated", "person", OLGA),
        ("2026-09-02", "updated", "robot", 0),
        ("2026-09-02", "deleted", "rest", OLGA),
    ]
    assert portal.ledger()["changes"][1]["fields"]["STAGE_ID"] == ["NEW", "WON"]
    assert portal.ledger()["changes"][2]["fields"] == {"COMMENTS": [None, "ура"], "MODIFY_BY_ID": [OLGA, 0]}


def test_a_lead_made_by_a_call_is_kept_apart_from_one_typed_in(portal: Bitrix24Driver) -> None:
    portal.result("crm.lead.add", fields=OURS)
    portal.act("create", kind="lead", fields=OURS)
    portal.result("crm.item.add", entityTypeId=1, fields={"ufCrmLeadloopId": "L-boris"})
    assert portal.ledger()["records_by_field_value"]["leads"] == {
        "UF_CRM_LEADLOOP_ID": {"L-anna": [51], "L-boris": [55]}
    }


def test_traces_are_kept_whether_added_or_sent_along(portal: Bitrix24Driver) -> None:
    trace = json.dumps({"tags": {"list": {"utm_source": "yandex"}}})
    deal = portal.deal(TRACE=trace)
    entities = [{"TYPE": "DEAL", "ID": deal}]
    assert portal.result("crm.tracking.trace.add", TRACE=trace, ENTITIES=entities) == 2
    assert [one["entities"] for one in portal.ledger()["traces"]] == [[["DEAL", deal]]] * 2
    assert portal.refused("crm.tracking.trace.add", TRACE="{")[0] == 400


def test_the_page_shows_the_books_and_no_secret(portal: Bitrix24Driver, receiver: Receiver) -> None:
    portal.act("create", fields={"TITLE": "<b>Анна</b>"})
    portal.pump()
    page = portal.client.get("/").text
    assert "&lt;b&gt;Анна&lt;/b&gt;" in page
    assert "ONCRMDEALADD 401" in page
    assert all(secret not in page for secret in ("secret-of-sokol", portal.code))
