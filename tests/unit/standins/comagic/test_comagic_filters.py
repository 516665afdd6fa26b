"""Filters: every operator, trees, fields that are closed to filters, values of the wrong type."""

from collections.abc import Callable

import pytest

from unit.standins.comagic.driver import STATIC, TARGET, YCLID, CoMagicDriver, Json

PERIOD = {"date_from": "2026-11-22 00:00:00", "date_till": "2026-11-23 00:00:00"}
LONG, LOST, SHORT = 1500000001, 1500000003, 1500000005


@pytest.fixture
def calls(comagic: CoMagicDriver) -> CoMagicDriver:
    """Anna's long call after a click, Boris's lost one and a short one of Vera's, both by the number in print."""
    comagic.phone(comagic.visit(city="Казань"), at="2026-11-22T09:00:00+03:00", ext_id="A-1")
    lost = comagic.phone(phone="79990000003", talk_seconds=0, at="2026-11-22T09:10:00+03:00")
    comagic.phone(phone="79990000004", talk_seconds=10, at="2026-11-22T09:20:00+03:00")
    comagic.act("tag", communication_id=lost["communication_id"], tag=TARGET)
    return comagic


@pytest.mark.parametrize(
    ("field", "operator", "value", "found"),
    [
        ("id", "=", LOST, [LOST]),
        ("is_lost", "=", False, [LONG, SHORT]),
        ("is_lost", "!=", False, [LOST]),
        ("talk_duration", "<", 120, [LOST, SHORT]),
        ("talk_duration", "<=", 10, [LOST, SHORT]),
        ("talk_duration", ">", 10, [LONG]),
        ("talk_duration", ">=", 10, [LONG, SHORT]),
        ("yclid", "=", YCLID, [LONG]),
        ("yclid", "=", None, [LOST, SHORT]),
        ("yclid", "!=", None, [LONG]),
        ("yclid", "!=", "1", [LONG]),
        ("yclid", "is_null", None, [LOST, SHORT]),
        ("yclid", "is_not_null", None, [LONG]),
        ("contact_phone_number", "like", "%0003", [LOST]),
        ("contact_phone_number", "like", "7999", []),
        ("visitor_city", "like", "каз%", []),
        ("visitor_city", "ilike", "каз%", [LONG]),
        ("virtual_phone_number", "not_like", "7495000000_", []),
        ("visitor_city", "not_ilike", "мос%", [LONG]),
        ("contact_phone_number", "regexp", "000[34]$", [LOST, SHORT]),
        ("virtual_phone_number", "in", [STATIC, "7"], [LOST, SHORT]),
        ("virtual_phone_number", "not_in", [STATIC], [LONG]),
        ("tags", "jsquery", f"#.tag_id = {TARGET}", [LOST]),
        ("tags", "jsquery", '#.tag_name="Целевой"', [LOST]),
        ("tags", "jsquery", "#.tag_id = 999", []),
        ("attributes", "overlap", ["lost"], [LOST]),
        ("attributes", "not_overlap", "lost", [LONG, SHORT]),
        ("ext_id", "=", "A-1", [LONG]),
    ],
)
def test_each_operator(calls: CoMagicDriver, field: str, operator: str, value: object, found: list[int]) -> None:
    assert calls.filtered(field, operator, value) == found


def leaf(field: str, value: object) -> Json:
    return {"field": field, "operator": "=", "value": value}


def test_trees_join_filters_with_their_condition(calls: CoMagicDriver) -> None:
    by_phone: Callable[[str], Json] = lambda phone: leaf("contact_phone_number", phone)  # noqa: E731 - named in a table
    either = {"filters": [by_phone("79990000003"), by_phone("79990000004")], "condition": "or"}
    both = {"filters": [either, leaf("is_lost", True)], "condition": "and"}
    neither = {"filters": [by_phone("79990000003"), by_phone("79990000004")], "condition": "and"}
    found = [[row["id"] for row in calls.report(filter=tree)] for tree in (either, both, neither, {})]
    assert found == [[LOST, SHORT], [LOST], [], [LONG, LOST, SHORT]]


@pytest.mark.parametrize(
    ("wanted", "mnemonic", "field"),
    [
        (leaf("ym_client_id", "1700000000123456789"), "filter_prohibited", "filter.field"),
        (leaf("ym_client_id", None), "filter_prohibited", "filter.field"),
        (leaf("start_time", "2026-11-22 09:00:00"), "filter_prohibited", "filter.field"),
        (leaf("tag_change_time", "2026-11-22 09:00:00"), "filter_prohibited", "filter.field"),
        (leaf("colour", "red"), "unexpected_parameters", "filter.field"),
        ({"filters": [leaf("colour", 1)], "condition": "or"}, "unexpected_parameters", "filter.field"),
        ({"filters": [leaf("id", 1)]}, "required_parameter_missed", "filter.condition"),
        ({"filters": [leaf("id", 1)], "condition": "xor"}, "invalid_parameter_value", "filter.condition"),
        ({"filters": "id", "condition": "or"}, "data_type_error", "filter.filters"),
        ({"field": "id", "value": 1}, "required_parameter_missed", "filter.operator"),
        ({"operator": "=", "value": 1}, "required_parameter_missed", "filter.field"),
        ({**leaf("id", 1), "op": "="}, "unexpected_parameters", "filter.op"),
        ({**leaf("id", 1), "operator": "=="}, "invalid_parameter_value", "filter.operator"),
        ({**leaf("id", 1), "operator": "like"}, "invalid_parameter_value", "filter.operator"),
        ({**leaf("yclid", "1"), "operator": "<"}, "invalid_parameter_value", "filter.operator"),
        (leaf("id", "1500000001"), "data_type_error", "filter.value"),
        (leaf("yclid", 7325873983740247040), "data_type_error", "filter.value"),
        (leaf("is_lost", "false"), "data_type_error", "filter.value"),
        (leaf("sale_date", "2026-11-22"), "invalid_parameter_value", "filter.value"),
        ({**leaf("yclid", "("), "operator": "regexp"}, "invalid_parameter_value", "filter.value"),
        ({**leaf("tags", "tag_id = 1"), "operator": "jsquery"}, "invalid_parameter_value", "filter.value"),
        ({**leaf("tags", 1)}, "invalid_parameter_value", "filter.operator"),
    ],
)
def test_a_wrong_filter_is_refused(calls: CoMagicDriver, wanted: Json, mnemonic: str, field: str) -> None:
    error = calls.error("get.calls_report", **PERIOD, filter=wanted)
    assert (error["code"], error["data"]["mnemonic"], error["data"]["field"]) == (-32602, mnemonic, field)


def test_operators_of_some_methods_alone_can_be_switched_off(calls: CoMagicDriver) -> None:
    calls.settings(extended_operators=False)
    refused = {**leaf("virtual_phone_number", [STATIC]), "operator": "in"}
    assert calls.mnemonic("get.calls_report", **PERIOD, filter=refused) == "invalid_parameter_value"
    assert calls.filtered("yclid", "=", None) == [LOST, SHORT]


@pytest.mark.parametrize("kind", ["calls", "offline_messages", "chats", "communications"])
def test_no_report_is_filtered_by_clientid_and_every_one_by_yclid(calls: CoMagicDriver, kind: str) -> None:
    method = f"get.{kind}_report"
    assert calls.mnemonic(method, **PERIOD, filter=leaf("ym_client_id", "1")) == "filter_prohibited"
    assert calls.result(method, **PERIOD, filter=leaf("yclid", "1"))["data"] == []


def test_tags_are_filtered_by_name(calls: CoMagicDriver) -> None:
    assert calls.result("get.tags", filter=leaf("name", "Продажа"))["data"] == [
        {"id": 103, "name": "Продажа", "is_system": True}
    ]
