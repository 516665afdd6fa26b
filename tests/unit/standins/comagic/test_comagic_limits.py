"""Points a day and a minute, told with every answer, counted in domain time."""

import pytest

from unit.standins.comagic.driver import CoMagicDriver, Json


def limits(comagic: CoMagicDriver) -> Json:
    found: Json = comagic.result("get.tags")["metadata"]["limits"]
    return found


def test_every_call_costs_a_point_and_the_windows_begin_anew(comagic: CoMagicDriver) -> None:
    comagic.at("10:00:48")
    assert limits(comagic) == {
        "day_limit": 1000,
        "day_remaining": 999,
        "day_reset": 50352,
        "minute_limit": 250,
        "minute_remaining": 249,
        "minute_reset": 12,
    }
    second = limits(comagic)
    assert (second["day_remaining"], second["minute_remaining"]) == (998, 248)
    comagic.at("10:01:00")
    third = limits(comagic)
    assert (third["day_remaining"], third["minute_remaining"], third["minute_reset"]) == (997, 249, 60)
    comagic.at("2026-11-23 00:00:00")
    assert limits(comagic)["day_remaining"] == 999


@pytest.mark.parametrize(("window", "later"), [("minute", "10:01:00"), ("day", "2026-11-23 00:00:00")])
def test_over_the_limit_nothing_is_done_until_the_window_ends(comagic: CoMagicDriver, window: str, later: str) -> None:
    called = comagic.phone()
    comagic.settings(**{f"{window}_limit": 1})
    assert comagic.result("get.tags")
    about = {"communication_id": called["communication_id"], "communication_type": "call", "tag_id": 101}
    error = comagic.error("set.tag_communications", **about)
    assert (error["code"], error["data"]["mnemonic"]) == (-32029, "limit_exceeded")
    assert error["message"] == f"Limit per {window} has been exceeded. Value of current limit per {window} is 1"
    assert error["data"]["params"] == {"limit_type": window, "limit_max_value": 1}
    assert error["data"]["metadata"]["limits"][f"{window}_remaining"] == 0
    assert comagic.ledger()["communications"][0]["tags"] == []
    comagic.at(later)
    assert comagic.result("set.tag_communications", **about) == {}


def test_a_failed_call_tells_the_limits_and_costs_nothing_unless_the_switch_says_so(comagic: CoMagicDriver) -> None:
    def failed() -> int:
        told: int = comagic.error("get.tags", fields=["colour"])["data"]["metadata"]["limits"]["minute_remaining"]
        return told

    assert (failed(), failed()) == (250, 250)
    comagic.settings(failed_calls_cost_points=True)
    assert (failed(), failed()) == (249, 248)


def test_a_call_without_a_valid_key_tells_no_limits(comagic: CoMagicDriver) -> None:
    assert comagic.error("get.tags", access_token="stranger")["data"]["metadata"] == {}


def test_a_superseded_version_says_so(comagic: CoMagicDriver) -> None:
    assert "api_version" not in comagic.result("get.tags")["metadata"]
    comagic.settings(api_version_deprecated=True)
    told = comagic.result("get.tags")["metadata"]["api_version"]
    assert told == {"current_version_deprecated": True, "current_version": "v2.0", "latest_version": "v3.0"}
