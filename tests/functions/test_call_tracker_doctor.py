"""``leadloop doctor`` on the call tracker: each mistake of setting it up, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from leadloop.doctor.check import Check
from leadloop.doctor.tracker import tracker_checks
from support.policies import sokol
from support.tracker_desk import COMAGIC_TOKEN, TrackerAccounts, TrackerDesk, with_tracker
from support.world import World


@pytest.fixture(scope="module")
def accounts() -> TrackerAccounts:
    return TrackerAccounts()


@pytest.fixture
def desk(accounts: TrackerAccounts) -> Iterator[TrackerDesk]:
    with accounts.desk() as one:
        yield one


def found(desk: TrackerDesk) -> dict[str, Check]:
    checks = list(tracker_checks(desk.world.runtime))
    assert COMAGIC_TOKEN not in repr(checks)
    return {one.rule.removeprefix("call_tracker."): one for one in checks}


def test_where_all_is_right_everything_is_ticked(desk: TrackerDesk) -> None:
    checks = found(desk)
    assert {name: one.state for name, one in checks.items()} == dict.fromkeys(
        ("account", "reports", "time_zone", "tags", "quota"), "good"
    )
    assert "ЖК «Сокол»" in checks["account"].found
    assert "Целевой → qualified" in checks["tags"].found


def test_a_policy_without_one_is_asked_nothing() -> None:
    assert list(tracker_checks(World(sokol()).runtime)) == []


@pytest.mark.parametrize(
    ("mnemonic", "advice"),
    [
        ("access_token_expired", "make another key"),
        ("access_token_blocked", "make another key"),
        ("access_token_invalid", "call_tracker.host"),
        ("ip_not_whitelisted", "0.0.0.0/0"),
        ("forbidden", "right"),
        ("account_inactive", "payment"),
    ],
)
def test_a_key_that_is_refused_says_what_to_do(desk: TrackerDesk, mnemonic: str, advice: str) -> None:
    desk.comagic.faults.order({"fault": "rpc_error", "mnemonic": mnemonic, "times": 9})
    check = found(desk)["account"]
    assert check.state == "error"
    assert mnemonic in check.found
    assert advice in check.found


def test_a_key_that_was_copied_with_a_word_before_it(desk: TrackerDesk) -> None:
    desk.world.runtime.environment = {**desk.world.runtime.environment, "LEADLOOP_COMAGIC_TOKEN": "Bearer abc"}
    vars(desk.world.runtime).pop("secrets", None)
    assert "Bearer" in found(desk)["account"].found


def test_an_address_that_is_not_allowed(desk: TrackerDesk) -> None:
    desk.tracker_settings(ip_whitelist=["10.0.0.0/8"])
    assert "IP list" in found(desk)["account"].found


def test_a_report_that_is_not_paid_for(desk: TrackerDesk) -> None:
    desk.tracker_settings(disabled_methods=["get.chats_report"])
    check = found(desk)["reports"]
    assert (check.state, "get.chats_report" in check.found, "call_tracker.chats" in check.found) == (
        "error",
        True,
        True,
    )


def test_a_field_that_is_not_paid_for_is_named(desk: TrackerDesk) -> None:
    desk.tracker_settings(disabled_fields=["ym_client_id"])
    check = found(desk)["reports"]
    assert (check.state, "ym_client_id" in check.found) == ("error", True)


def test_another_zone_than_the_policys(desk: TrackerDesk) -> None:
    desk.tracker_settings(time_zone="Asia/Yekaterinburg")
    check = found(desk)["time_zone"]
    assert (check.state, "time_zone: Asia/Yekaterinburg" in check.what_to_do) == ("error", True)


def test_a_tag_that_there_is_not(accounts: TrackerAccounts) -> None:
    with accounts.desk(with_tracker(tracker={"tags": {"999": "qualified"}})) as desk:
        check = found(desk)["tags"]
        assert (check.state, "999" in check.found, "101 (Целевой)" in check.found) == ("error", True, True)


@pytest.mark.parametrize(("day_limit", "state"), [(1000, "good"), (300, "warning")])
def test_how_much_it_may_be_asked(desk: TrackerDesk, day_limit: int, state: str) -> None:
    desk.tracker_settings(day_limit=day_limit)
    assert found(desk)["quota"].state == state


def test_a_quota_that_somebody_else_spends(desk: TrackerDesk) -> None:
    desk.tracker_settings(day_limit=500)
    for _ in range(460):
        desk.comagic.limits.spend(desk.comagic.unix_now())
    desk.clock.advance(minutes=1)
    assert found(desk)["quota"].state == "warning"
