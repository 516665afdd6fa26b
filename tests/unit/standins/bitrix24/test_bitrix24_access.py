"""Whose call it is, in which form it comes, and both limits."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from werkzeug.test import Client

from leadloop_standins.bitrix24.stand_in import Bitrix24StandIn
from leadloop_standins.clock import Clock
from unit.standins.bitrix24.conftest import SEED
from unit.standins.bitrix24.driver import CODE, DEAL, MARAT, OLGA, Bitrix24Driver

WRONG = (401, "NO_AUTH_FOUND", "Wrong authorization data")

# The address is the secret


@pytest.mark.parametrize(("user", "code"), [(OLGA, "stranger"), (MARAT, CODE), (OLGA, CODE.upper())])
def test_a_wrong_code_or_user_is_401(portal: Bitrix24Driver, user: int, code: str) -> None:
    portal.user, portal.code = user, code
    assert portal.refused("profile") == WRONG
    portal.settings(wrong_code_error="INVALID_CREDENTIALS")
    assert portal.refused("profile")[:2] == (403, "INVALID_CREDENTIALS")


def test_an_expired_webhook_and_a_dismissed_owner_are_refused(portal: Bitrix24Driver) -> None:
    portal.control("POST", "inbound_webhooks", [{"user_id": MARAT, "code": "short", "expires_at": "2026-09-02"}])
    portal.user, portal.code = MARAT, "short"
    assert portal.result("profile")["ID"] == str(MARAT)
    portal.act("set_user", user_id=MARAT, is_active=False)
    assert portal.refused("profile")[:2] == (403, "INVALID_CREDENTIALS")
    portal.act("set_user", user_id=MARAT, is_active=True)
    portal.set_time("2026-09-02T00:00:00Z")
    assert portal.refused("profile")[:2] == (401, "expired_token")


def test_another_administrator_who_saves_the_webhook_changes_code_and_owner(portal: Bitrix24Driver) -> None:
    portal.act("regenerate_webhook", code=CODE, new_code="fresh", user_id=MARAT)
    assert portal.refused("profile") == WRONG
    portal.user, portal.code = MARAT, "fresh"
    assert portal.result("profile")["NAME"] == "Марат"


def test_scopes_bound_what_a_webhook_may_call(portal: Bitrix24Driver) -> None:
    assert portal.result("scope") == ["crm"]
    assert portal.refused("user.current")[:2] == (403, "insufficient_scope")
    portal.control("POST", "inbound_webhooks", [{"user_id": OLGA, "code": "personnel", "scopes": ["user"]}])
    portal.code = "personnel"
    assert portal.result("user.current")["LAST_NAME"] == "Белова"
    assert portal.refused("crm.deal.get", id=1)[:2] == (403, "insufficient_scope")


def test_unknown_methods_and_those_of_applications_are_refused(portal: Bitrix24Driver) -> None:
    assert portal.refused("crm.deal.stroke")[:2] == (404, "ERROR_METHOD_NOT_FOUND")
    assert portal.refused("event.bind", event="ONCRMDEALADD") == (
        403,
        "ACCESS_DENIED",
        "Access denied! Application context required",
    )
    assert portal.client.get("/nonsense").get_json()["error"] == "ERROR_METHOD_NOT_FOUND"


def test_without_a_commercial_plan_nothing_is_answered(portal: Bitrix24Driver) -> None:
    portal.settings(commercial_plan=False)
    assert portal.refused("profile")[:2] == (403, "ACCESS_DENIED")


def test_the_journal_does_not_hold_the_code(portal: Bitrix24Driver) -> None:
    portal.deal()
    ledger = portal.client.get("/_stand_in/ledger").text
    assert CODE not in ledger
    assert portal.ledger()["journal"][0]["path"] == f"/rest/{OLGA}/…/crm.deal.add"


# Forms of a request


@pytest.mark.parametrize("suffix", ["", ".json", "/"])
def test_json_forms_and_queries_ask_for_the_same(portal: Bitrix24Driver, suffix: str) -> None:
    deal = portal.deal(TITLE="Анна", UTM_SOURCE="yandex")
    url = f"/rest/{OLGA}/{CODE}/crm.deal.list{suffix}"
    pairs = {"select[]": "TITLE", "filter[=UTM_SOURCE]": "yandex", "order[ID]": "ASC"}
    answers = [
        portal.client.post(
            url, json={"select": ["TITLE"], "filter": {"=UTM_SOURCE": "yandex"}, "order": {"ID": "ASC"}}
        ),
        portal.client.post(url, data=pairs),
        portal.client.get(url, query_string=pairs),
    ]
    assert [one.get_json()["result"] for one in answers] == [[{"ID": str(deal), "TITLE": "Анна"}]] * 3


def test_a_body_adds_to_the_query(portal: Bitrix24Driver) -> None:
    deal = portal.deal(TITLE="Анна")
    answer = portal.client.post(f"/rest/{OLGA}/{CODE}/crm.deal.update?ID={deal}", json={"FIELDS": {"TITLE": "Борис"}})
    assert (answer.get_json()["result"], portal.read(deal)["TITLE"]) == (True, "Борис")


def test_a_form_creates_with_phones(portal: Bitrix24Driver) -> None:
    data = {"fields[NAME]": "Анна", "fields[PHONE][0][VALUE]": "+79990000001", "fields[PHONE][0][VALUE_TYPE]": "MOBILE"}
    created = portal.client.post(f"/rest/{OLGA}/{CODE}/crm.contact.add", data=data).get_json()["result"]
    assert portal.result("crm.contact.get", ID=created)["PHONE"] == [
        {"ID": "1", "VALUE_TYPE": "MOBILE", "VALUE": "+79990000001", "TYPE_ID": "PHONE"}
    ]


def test_a_body_that_is_no_json_holds_no_parameters(portal: Bitrix24Driver) -> None:
    answer = portal.client.post(f"/rest/{OLGA}/{CODE}/crm.deal.get", data=b"{", content_type="application/json")
    assert (answer.status_code, answer.get_json()["error_description"]) == (400, "ID is not defined or invalid")


# Intensity


@dataclass
class Stopwatch:
    """Real time that stands still until a test moves it."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def limited(clock_file: Path, stopwatch: Stopwatch) -> Bitrix24Driver:
    stand_in = Bitrix24StandIn(Clock(clock_file), {**SEED, "settings": {"deliver_automatically": False}}, stopwatch)
    stand_in.reset()
    return Bitrix24Driver(Client(stand_in), clock_file)


def statuses(portal: Bitrix24Driver, number: int, address: str = "10.0.0.1") -> list[int]:
    url = f"/rest/{OLGA}/{CODE}/profile"
    return [portal.client.get(url, environ_base={"REMOTE_ADDR": address}).status_code for _ in range(number)]


def test_fifty_requests_fill_the_bucket_and_it_leaks_two_a_second(
    limited: Bitrix24Driver, stopwatch: Stopwatch
) -> None:
    assert statuses(limited, 52) == [200] * 50 + [503] * 2
    stopwatch.seconds += 0.5
    assert statuses(limited, 2) == [200, 503]
    stopwatch.seconds += 10
    assert statuses(limited, 21) == [200] * 20 + [503]
    stopwatch.seconds += 1000
    assert statuses(limited, 51) == [200] * 50 + [503]


def test_the_refusal_is_told_in_bitrix24s_words_and_per_address(limited: Bitrix24Driver) -> None:
    statuses(limited, 50, "")
    assert limited.refused("crm.deal.add", fields={"TITLE": "Анна"})[:2] == (503, "QUERY_LIMIT_EXCEEDED")
    assert limited.ledger()["deals"] == []
    assert statuses(limited, 1, "10.0.0.2") == [200]


def test_a_batch_counts_once(limited: Bitrix24Driver) -> None:
    limited.settings(requests_until_blocked=2)
    told = limited.result("batch", cmd={f"c{number}": "profile" for number in range(50)})
    assert (len(told["result"]), told["result_error"]) == (50, [])
    assert limited.call("profile").status_code == 200
    assert limited.call("profile").status_code == 503


def test_a_manual_block_stays_until_support_lifts_it(limited: Bitrix24Driver, stopwatch: Stopwatch) -> None:
    limited.settings(overloaded=True)
    stopwatch.seconds += 100_000
    assert limited.refused("profile")[:2] == (503, "OVERLOAD_LIMIT")


# Operating time


def test_a_method_that_has_worked_too_long_is_429_until_its_oldest_minute_is_gone(portal: Bitrix24Driver) -> None:
    portal.settings(operating_limit_seconds=40.0, operating_seconds_per_call=20.0)
    first = portal.answer("crm.deal.list")["time"]
    assert (first["operating"], first["operating_reset_at"]) == (20.0, 1788253800)
    portal.set_time("2026-09-01T09:01:00Z")
    assert [portal.answer("crm.deal.list")["time"]["operating"] for _ in range(2)] == [40.0, 60.0]
    response = portal.call("crm.deal.list")
    assert (response.status_code, response.get_json()["error"]) == (429, "OPERATION_TIME_LIMIT")
    assert response.get_json()["time"]["operating_reset_at"] == 1788253800
    portal.set_time("2026-09-01T09:09:59Z")
    assert portal.call("crm.deal.list").status_code == 429
    portal.set_time("2026-09-01T09:10:00Z")
    assert portal.answer("crm.deal.list")["time"]["operating"] == 60.0


def test_the_other_methods_and_webhooks_go_on(portal: Bitrix24Driver) -> None:
    portal.settings(operating_limit_seconds=1.0, operating_seconds_per_call=2.0)
    portal.control("POST", "inbound_webhooks", [{"user_id": OLGA, "code": "second"}])
    portal.answer("crm.deal.list")
    assert portal.call("crm.deal.list").status_code == 429
    assert portal.call("crm.deal.list", code="second").status_code == 200
    told = portal.batch(deals="crm.deal.list", leads="crm.lead.list")
    assert told["result_error"]["deals"]["error"] == "OPERATION_TIME_LIMIT"
    assert told["result"]["leads"] == []


def test_a_simulated_week_of_calls_is_not_refused(portal: Bitrix24Driver) -> None:
    portal.settings(operating_limit_seconds=0.0, operating_seconds_per_call=1000.0)
    assert [portal.call("crm.item.list", {"entityTypeId": DEAL}).status_code for _ in range(3)] == [200] * 3
