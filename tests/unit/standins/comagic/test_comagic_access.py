"""Keys and sessions, networks, components, rights."""

import json

import pytest

from unit.standins.comagic.driver import TOKEN, CoMagicDriver

CREDENTIALS = {"login": "olga", "password": "correct horse"}


def log_in(comagic: CoMagicDriver, **changes: str) -> dict[str, object]:
    params = {**CREDENTIALS, **changes}
    answer = comagic.post({"jsonrpc": "2.0", "id": 1, "method": "login.user", "params": params})
    told: dict[str, object] = json.loads(answer.text)
    return told


# Keys


def test_a_permanent_key_never_ends(comagic: CoMagicDriver) -> None:
    comagic.at("2031-01-01 00:00:00")
    assert comagic.result("get.tags")["metadata"]["total_items"] == 2


def test_each_way_a_key_fails_has_its_mnemonic(comagic: CoMagicDriver) -> None:
    comagic.control("POST", "tokens", [{"token": "temporary", "expires_at": "2026-11-22T08:00:00Z"}])
    comagic.act("block_key", token="reader")
    failures = {"stranger": "invalid", "reader": "blocked", "": "invalid"}
    for token, how in failures.items():
        assert comagic.mnemonic("get.tags", access_token=token) == f"access_token_{how}"
    assert comagic.result("get.tags", access_token="temporary")
    comagic.at("11:00:00")
    error = comagic.error("get.tags", access_token="temporary")
    assert (error["code"], error["data"]["mnemonic"]) == (-32001, "access_token_expired")


def test_a_deleted_key_is_invalid(comagic: CoMagicDriver) -> None:
    comagic.act("delete_key", token=TOKEN)
    assert comagic.mnemonic("get.tags") == "access_token_invalid"
    assert "no such key" in comagic.refused("actions", {"action": "block_key", "token": "stranger"})


def test_a_call_without_a_key_misses_a_parameter(comagic: CoMagicDriver) -> None:
    assert comagic.mnemonic("get.tags", access_token=None) == "required_parameter_missed"
    assert comagic.mnemonic("get.tags", access_token=7) == "data_type_error"


# Sessions


def test_a_session_lives_an_hour_of_domain_time(comagic: CoMagicDriver) -> None:
    found = log_in(comagic)["result"]["data"]  # type: ignore[index]
    assert (found["expire_at"], found["app_id"]) == (1795334400, 4455)  # 11:00 in Moscow
    comagic.token = found["access_token"]
    comagic.at("10:59:59")
    assert comagic.result("get.tags")
    comagic.at("11:00:00")
    assert comagic.mnemonic("get.tags") == "access_token_invalid"
    comagic.settings(ended_session="access_token_expired")
    assert comagic.mnemonic("get.tags") == "access_token_expired"
    comagic.token = log_in(comagic)["result"]["data"]["access_token"]  # type: ignore[index]
    assert comagic.result("get.tags")


def test_the_end_of_a_session_has_two_names(comagic: CoMagicDriver) -> None:
    comagic.settings(session_end_key="expire")
    assert list(log_in(comagic)["result"]["data"]) == ["access_token", "expire", "app_id"]  # type: ignore[index]


@pytest.mark.parametrize("changes", [{"login": "boris"}, {"password": "wrong"}, {"login": "leads", "password": ""}])
def test_a_wrong_pair_is_an_auth_error(comagic: CoMagicDriver, changes: dict[str, str]) -> None:
    error = log_in(comagic, **changes)["error"]
    assert (error["code"], error["data"]["mnemonic"]) == (-32001, "auth_error")  # type: ignore[index]


def test_leaving_ends_a_session(comagic: CoMagicDriver) -> None:
    comagic.token = log_in(comagic)["result"]["data"]["access_token"]  # type: ignore[index]
    assert comagic.result("logout.user") == {"data": {}}
    assert comagic.mnemonic("get.tags") == "access_token_invalid"


# Networks, components, rights


def test_an_address_off_the_list_is_refused_also_at_the_door(comagic: CoMagicDriver) -> None:
    comagic.settings(ip_whitelist=["10.0.0.0/8"])
    error = comagic.error("get.tags")
    assert (error["code"], error["data"]["mnemonic"]) == (-32003, "ip_not_whitelisted")
    assert error["message"] == "Your IP 127.0.0.1 is not whitelisted"
    assert log_in(comagic)["error"]["data"]["mnemonic"] == "ip_not_whitelisted"  # type: ignore[index]
    comagic.settings(ip_whitelist=["127.0.0.1/32"])
    assert comagic.result("get.tags")
    comagic.settings(ip_whitelist=[])
    assert comagic.mnemonic("get.tags") == "ip_not_whitelisted"


def test_a_missing_component_closes_a_method(comagic: CoMagicDriver) -> None:
    comagic.settings(disabled_methods=["get.chats_report"])
    error = comagic.error("get.chats_report")
    assert (error["code"], error["data"]["mnemonic"]) == (-32008, "method_component_disabled")
    assert error["data"]["params"] == {"components": "call_tracking, consultant, lead, sitephone"}
    assert comagic.result("get.tags")
    comagic.settings(disabled_methods=["*"])
    assert comagic.mnemonic("get.tags") == "method_component_disabled"


def test_a_missing_component_closes_one_field_wherever_it_is_named(comagic: CoMagicDriver) -> None:
    comagic.phone()
    comagic.at("10:05:00")
    comagic.settings(disabled_fields=["yclid", "is_lost"])
    period = {"date_from": "2026-11-22 00:00:00", "date_till": "2026-11-23 00:00:00"}
    leaf = {"field": "yclid", "operator": "=", "value": "1"}
    tree = {"filters": [{"filters": [leaf], "condition": "and"}], "condition": "or"}
    for asked in ({"fields": ["id", "yclid"]}, {"filter": leaf}, {"filter": tree}, {"sort": [{"field": "is_lost"}]}):
        error = comagic.error("get.calls_report", **period, **asked)
        assert (error["code"], error["data"]["mnemonic"]) == (-32008, "parameter_component_disabled")
    assert "is_lost" not in comagic.row()


def test_an_inactive_account_is_told(comagic: CoMagicDriver) -> None:
    comagic.settings(account_inactive=True)
    assert comagic.error("get.tags")["code"] == -32009


def test_a_reader_may_not_write(comagic: CoMagicDriver) -> None:
    called = comagic.phone()
    comagic.token = "reader"
    assert comagic.result("get.tags")
    about = {"communication_id": called["communication_id"], "communication_type": "call", "tag_id": 101}
    assert comagic.mnemonic("set.tag_communications", **about) == "forbidden"


def test_no_key_is_in_an_error_the_journal_or_the_ledger(comagic: CoMagicDriver) -> None:
    refused = comagic.call("get.tags", access_token="secret-of-nobody")
    comagic.call("get.tags")
    comagic.client.post(f"/v2.0?access_token={TOKEN}", json={})
    seen = json.dumps([refused, comagic.ledger()]) + comagic.client.get("/").text
    assert "secret-of-nobody" not in seen
    assert TOKEN not in seen


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"time_zone": "Moscow"}, "Europe/Moscow"),
        ({"ip_whitelist": ["everybody"]}, "0.0.0.0/0"),
        ({"ip_whitelist": "0.0.0.0/0"}, "ip_whitelist is a list"),
        ({"date_till": "maybe"}, "'included', 'excluded'"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(comagic: CoMagicDriver, changes: object, named: str) -> None:
    before = comagic.control("GET", "settings")
    assert named in comagic.refused("settings", changes)
    assert comagic.control("GET", "settings") == before
