"""What an integration may write: tags, sales, site requests."""

import pytest

from unit.standins.comagic.driver import SITE, SOLD, TARGET, CoMagicDriver, Json


@pytest.fixture
def call(comagic: CoMagicDriver) -> Json:
    """Anna's call of ten o'clock, as the methods name it; half an hour has passed."""
    called = comagic.phone(ext_id="A-1")
    comagic.at("10:30:00")
    return {"communication_id": called["communication_id"], "communication_type": "call"}


# Tags


def test_a_tag_is_set_by_the_keys_user_and_taken_off(comagic: CoMagicDriver, call: Json) -> None:
    assert comagic.result("set.tag_communications", **call, tag_id=TARGET) == {}
    [tag] = comagic.row("tags")["tags"]
    told = (tag["tag_id"], tag["tag_type"], tag["tag_change_time"], tag["tag_user_login"], tag["tag_employee_id"])
    assert told == (TARGET, "manual", "2026-11-22 10:30:00", "leads", None)
    assert comagic.result("unset.tag_communications", **call, tag_id=TARGET) == {}
    assert comagic.row("tags")["tags"] == []
    assert comagic.mnemonic("unset.tag_communications", **call, tag_id=TARGET) == "entity_not_found"


def test_a_communication_may_be_named_by_its_outer_id(comagic: CoMagicDriver, call: Json) -> None:
    about = {"communication_ext_id": "A-1", "communication_type": "call"}
    assert comagic.result("set.tag_communications", **about, tag_id=TARGET) == {}
    assert comagic.mnemonic("set.tag_communications", **{**about, "communication_ext_id": "B"}, tag_id=TARGET) == (
        "entity_not_found"
    )


def test_a_repeated_tag_is_a_duplicate_unless_the_switch_says_otherwise(comagic: CoMagicDriver, call: Json) -> None:
    comagic.result("set.tag_communications", **call, tag_id=TARGET)
    assert comagic.mnemonic("set.tag_communications", **call, tag_id=TARGET) == "duplicate_entity"
    comagic.settings(repeated_tag="accepted")
    assert comagic.result("set.tag_communications", **call, tag_id=TARGET) == {}
    assert len(comagic.row("tags")["tags"]) == 1


@pytest.mark.parametrize(
    ("changes", "mnemonic", "field"),
    [
        ({"communication_id": 1}, "entity_not_found", "communication_id"),
        ({"communication_type": "chat"}, "entity_not_found", "communication_id"),
        ({"communication_type": "letter"}, "invalid_parameter_value", "communication_type"),
        ({"communication_type": None}, "required_parameter_missed", "communication_type"),
        ({"communication_id": None}, "required_parameter_missed", "communication_id"),
        ({"communication_id": "900000001"}, "data_type_error", "communication_id"),
        ({"tag_id": 9}, "entity_not_found", "tag_id"),
        ({"tag_id": None}, "required_parameter_missed", "tag_id"),
        ({"tag": TARGET}, "unexpected_parameters", "tag"),
    ],
)
def test_a_wrong_tag_order_is_refused(
    comagic: CoMagicDriver, call: Json, changes: Json, mnemonic: str, field: str
) -> None:
    error = comagic.error("set.tag_communications", **{**call, "tag_id": TARGET, **changes})
    assert (error["data"]["mnemonic"], error["data"]["field"]) == (mnemonic, field)
    assert comagic.ledger()["written_by_request"] == []


# Sales

SALE = {"date_time": "2026-11-22 10:20:00", "transaction_value": 8500000.5}


def test_a_sale_is_noted_with_its_own_date(comagic: CoMagicDriver, call: Json) -> None:
    assert comagic.result("set.tag_sales", **call, **SALE, comment="Ипотека") == {"id": 610001}
    row = comagic.row("sale_date", "sale_cost")
    assert list(row.values()) == ["2026-11-22 10:20:00", 8500000.5]
    [written] = comagic.ledger()["written_by_request"]
    assert (written["method"], written["communication_ids"]) == ("set.tag_sales", [call["communication_id"]])


@pytest.mark.parametrize(
    ("changes", "mnemonic"),
    [
        ({"date_time": "2026-11-22 09:59:59"}, "invalid_date_time"),
        ({"date_time": "2026-11-22T10:20:00"}, "invalid_parameter_value"),
        ({"transaction_value": "8500000"}, "data_type_error"),
        ({"transaction_value": None}, "required_parameter_missed"),
        ({"comment": "ы" * 256}, "invalid_parameter_value"),
        ({"communication_ext_id": "A-1"}, "unexpected_parameters"),
    ],
)
def test_a_wrong_sale_is_refused(comagic: CoMagicDriver, call: Json, changes: Json, mnemonic: str) -> None:
    assert comagic.mnemonic("set.tag_sales", **{**call, **SALE, **changes}) == mnemonic
    assert comagic.row("sale_cost")["sale_cost"] is None


def test_a_site_that_counts_no_sales_takes_none(comagic: CoMagicDriver, call: Json) -> None:
    comagic.settings(sales_enabled=False)
    assert comagic.mnemonic("set.tag_sales", **call, **SALE) == "tariff_restrictions"


# Site requests


def upload(comagic: CoMagicDriver, *messages: Json) -> list[int]:
    found = comagic.result("upload.offline_messages", offline_messages=list(messages))
    assert "limits" in found["metadata"]
    return [one["id"] for one in found["data"]]


def test_a_request_of_ours_is_joined_with_its_session(comagic: CoMagicDriver) -> None:
    session = comagic.visit(at="2026-11-22T09:30:00+03:00")
    message = {"phone": "79990000002", "visitor_session_id": session, "name": "Анна", "message": "Перезвоните"}
    [number] = upload(comagic, {**message, "date_time": "2026-11-22 09:40:00", "form_name": "Ипотека", "ext_id": "L-1"})
    told = ("id", "date_time", "visitor_name", "text", "form_type", "form_name", "ext_id", "ym_client_id")
    assert list(comagic.row(*told, kind="offline_messages").values()) == [
        number,
        "2026-11-22 09:40:00",
        "Анна",
        "Перезвоните",
        "DataAPI",
        "Ипотека",
        "L-1",
        "1700000000123456789",
    ]


def test_the_same_outer_id_updates(comagic: CoMagicDriver) -> None:
    first = upload(comagic, {"email": "anna@example.com", "site_id": SITE, "ext_id": "L-1"})
    again = upload(comagic, {"email": "boris@example.com", "site_id": SITE, "ext_id": "L-1"})
    assert first == again
    assert comagic.row(kind="offline_messages")["visitor_email"] == "boris@example.com"
    told = [one["told"] for one in comagic.ledger()["written_by_request"]]
    assert told == [{"ext_ids": ["L-1"]}, {"ext_ids": ["L-1"]}]


@pytest.mark.parametrize(
    ("message", "mnemonic"),
    [
        ({"site_id": SITE}, "required_parameter_missed"),
        ({"phone": "7999"}, "required_parameter_missed"),
        ({"phone": 7999, "site_id": SITE}, "data_type_error"),
        ({"phone": "7999", "site_id": 9}, "entity_not_found"),
        ({"phone": "7999", "visitor_session_id": 9}, "entity_not_found"),
        ({"phone": "7999", "campaign_id": 9}, "entity_not_found"),
        ({"phone": "7999", "site_id": SITE, "date_time": "2026-11-22 10:00:01"}, "invalid_date_time"),
        ({"phone": "7999", "site_id": SITE, "phones": []}, "unexpected_parameters"),
        ("7999", "data_type_error"),
    ],
)
def test_one_wrong_request_stops_all_of_them(comagic: CoMagicDriver, message: object, mnemonic: str) -> None:
    right = {"phone": "7999", "site_id": SITE}
    assert comagic.mnemonic("upload.offline_messages", offline_messages=[right, message]) == mnemonic
    assert comagic.report("offline_messages") == []


def test_fifty_requests_are_the_most(comagic: CoMagicDriver) -> None:
    messages = [{"phone": "7999", "campaign_id": 77}] * 50
    assert len(upload(comagic, *messages)) == 50
    assert comagic.mnemonic("upload.offline_messages", offline_messages=[*messages, messages[0]]) == (
        "data_limit_exceeded"
    )


def test_what_an_integration_wrote_is_apart_from_what_people_did(comagic: CoMagicDriver, call: Json) -> None:
    comagic.result("set.tag_communications", **call, tag_id=TARGET)
    comagic.act("tag", communication_id=call["communication_id"], tag=SOLD)
    ledger = comagic.ledger()
    assert [(one["method"], one["login"], one["told"]) for one in ledger["written_by_request"]] == [
        ("set.tag_communications", "leads", {"tag_id": TARGET})
    ]
    assert [tag["by"] for tag in ledger["communications"][0]["tags"]] == ["leads", "employee"]
