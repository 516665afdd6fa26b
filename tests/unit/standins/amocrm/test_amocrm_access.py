"""Tokens, limits and refusals."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from leadloop_standins.amocrm.stand_in import AmoCrmStandIn
from leadloop_standins.clock import Clock
from leadloop_standins.command import running
from unit.standins.amocrm.conftest import SEED
from unit.standins.amocrm.driver import TOKEN, AmoCrmDriver, Json, arrival

CLIENT: Json = {
    "client_id": "8f7d6c5b",
    "client_secret": "secret-of-the-integration",
    "redirect_uri": "https://sokol.example/oauth",
}

# Tokens


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer stranger", f"OAuth {TOKEN}", TOKEN])
def test_a_wrong_token_is_401_in_amocrms_words(amocrm: AmoCrmDriver, header: str) -> None:
    answer = amocrm.call("GET", "account", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "error_code": "110",
        "title": "Unauthorized",
        "type": "https://httpstatus.es/401",
        "status": 401,
        "detail": "Invalid or missing access token",
    }


def grant(amocrm: AmoCrmDriver, kind: str, value: str, **changes: str) -> tuple[int, Json]:
    name = "code" if kind == "authorization_code" else "refresh_token"
    body = {**CLIENT, "grant_type": kind, name: value, **changes}
    answer = amocrm.session.post(f"{amocrm.base_url}/oauth2/access_token", json=body, timeout=120)
    return answer.status_code, answer.json()


@pytest.fixture
def integration(amocrm: AmoCrmDriver) -> AmoCrmDriver:
    amocrm.control("POST", "integrations", [CLIENT])
    amocrm.act("issue_code", client_id=CLIENT["client_id"], code="code-of-olga")
    return amocrm


def test_a_code_gives_a_pair_of_tokens_and_works_once(integration: AmoCrmDriver) -> None:
    status, pair = grant(integration, "authorization_code", "code-of-olga")
    assert (status, pair["token_type"], pair["expires_in"]) == (200, "Bearer", 86400)
    integration.token = pair["access_token"]
    assert integration.read("account")["subdomain"] == "sokol"
    assert grant(integration, "authorization_code", "code-of-olga")[0] == 401


def test_a_refresh_token_works_once_and_its_successor_lives_on(integration: AmoCrmDriver) -> None:
    old = grant(integration, "authorization_code", "code-of-olga")[1]["refresh_token"]
    status, fresh = grant(integration, "refresh_token", old)
    assert status == 200
    again, refusal = grant(integration, "refresh_token", old)
    assert again == 401
    assert (refusal["hint"], refusal["title"], refusal["status"]) == (
        "Token has been revoked",
        "Некорректный запрос",
        401,
    )
    assert refusal["type"] == "https://developers.amocrm.ru/v3/errors/OAuthProblemJson"
    assert grant(integration, "refresh_token", fresh["refresh_token"])[0] == 200


def test_an_access_token_lives_a_day_and_a_code_twenty_minutes(integration: AmoCrmDriver) -> None:
    integration.act("issue_code", client_id=CLIENT["client_id"], code="late-code")
    integration.token = grant(integration, "authorization_code", "code-of-olga")[1]["access_token"]
    integration.set_time("2026-09-02T08:59:59Z")
    assert integration.call("GET", "account").status_code == 200
    assert grant(integration, "authorization_code", "late-code")[0] == 401
    integration.set_time("2026-09-02T09:00:00Z")
    assert integration.call("GET", "account").status_code == 401


@pytest.mark.parametrize(
    "changes", [{"client_secret": "x"}, {"client_id": "x"}, {"redirect_uri": "https://sokol.example/"}]
)
def test_a_grant_repeats_what_is_registered_letter_for_letter(
    integration: AmoCrmDriver, changes: dict[str, str]
) -> None:
    assert grant(integration, "authorization_code", "code-of-olga", **changes)[0] in (400, 401)
    assert grant(integration, "authorization_code", "code-of-olga")[0] == 200


def test_a_revoked_long_lived_token_no_longer_works(amocrm: AmoCrmDriver) -> None:
    amocrm.act("revoke_token", token=TOKEN)
    assert amocrm.call("GET", "account").status_code == 401


def test_a_refresh_token_tells_the_present_subdomain(integration: AmoCrmDriver) -> None:
    token = grant(integration, "authorization_code", "code-of-olga")[1]["refresh_token"]
    url = f"{integration.base_url}/oauth2/account/current/subdomain"
    known = integration.session.get(url, headers={"X-Refresh-Token": token}, timeout=120)
    assert (known.status_code, known.json()["subdomain"]) == (200, "sokol")
    assert integration.session.get(url, headers={"X-Refresh-Token": "x"}, timeout=120).status_code == 401


# Limits


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
def limited(clock_file: Path, stopwatch: Stopwatch) -> Iterator[AmoCrmDriver]:
    """The account with its limit of seven requests a second."""
    seed = {**SEED, "settings": {"deliver_automatically": False}}
    with running(AmoCrmStandIn(Clock(clock_file), seed, stopwatch)) as base_url:
        driver = AmoCrmDriver(base_url, clock_file)
        with driver.session:
            yield driver


def statuses(amocrm: AmoCrmDriver, number: int) -> list[int]:
    return [amocrm.call("GET", "account").status_code for _ in range(number)]


def test_the_eighth_request_of_a_second_is_429_and_the_next_second_is_free(
    limited: AmoCrmDriver, stopwatch: Stopwatch
) -> None:
    assert statuses(limited, 8) == [200] * 7 + [429]
    stopwatch.seconds += 0.99
    assert statuses(limited, 1) == [429]
    stopwatch.seconds += 0.01
    assert statuses(limited, 7) == [200] * 7


def test_a_refused_write_is_not_done(limited: AmoCrmDriver, stopwatch: Stopwatch) -> None:
    statuses(limited, 7)
    assert limited.call("POST", "leads/complex", [arrival("Анна")]).status_code == 429
    assert limited.ledger()["leads"] == []


def test_some_429_have_an_html_body(limited: AmoCrmDriver) -> None:
    statuses(limited, 7)
    types = [limited.call("GET", "account").headers["Content-Type"].partition(";")[0] for _ in range(4)]
    assert types == ["application/problem+json", "application/problem+json", "text/html", "application/problem+json"]


def test_going_on_after_429_blocks_the_account_until_the_block_is_lifted(
    limited: AmoCrmDriver, stopwatch: Stopwatch
) -> None:
    limited.settings(blocked_after=3)
    assert statuses(limited, 12) == [200] * 7 + [429] * 3 + [403] * 2
    stopwatch.seconds += 3600
    assert statuses(limited, 1) == [403]
    limited.settings(blocked=False)
    assert statuses(limited, 1) == [200]


def test_control_requests_are_not_counted(limited: AmoCrmDriver) -> None:
    for _ in range(20):
        limited.ledger()
    assert statuses(limited, 7) == [200] * 7


# Refusals by switch


def test_an_unpaid_account_may_still_read(amocrm: AmoCrmDriver) -> None:
    amocrm.settings(unpaid="writes")
    assert amocrm.call("GET", "account").status_code == 200
    assert amocrm.call("POST", "leads", [{"name": "Анна"}]).status_code == 402
    amocrm.settings(unpaid="all")
    assert amocrm.call("GET", "account").json()["title"] == "Payment Required"


def test_an_address_outside_the_allow_list_is_403_with_code_113(amocrm: AmoCrmDriver) -> None:
    amocrm.settings(ip_forbidden=True)
    answer = amocrm.call("GET", "account")
    assert (answer.status_code, answer.json()["error_code"]) == (403, "113")


def test_an_unknown_route_and_method_are_problem_documents(amocrm: AmoCrmDriver) -> None:
    for method, path, status in (("GET", "nonsense", 404), ("DELETE", "leads", 405)):
        answer = amocrm.call(method, path)
        assert (answer.status_code, answer.json()["status"]) == (status, status)


def test_an_ordered_502_is_html_and_a_500_is_a_problem_document(amocrm: AmoCrmDriver) -> None:
    amocrm.order("status", status=502, path="/api/v4/", times=1)
    amocrm.order("status", status=500, path="/api/v4/", times=1)
    assert amocrm.call("GET", "account").headers["Content-Type"].startswith("text/html")
    assert amocrm.call("GET", "account").json()["status"] == 500
    assert amocrm.call("GET", "account").status_code == 200


@pytest.mark.parametrize(("setting", "value"), [("filters", "sometimes"), ("unpaid", True), ("lose_webhooks", 1)])
def test_a_wrong_setting_is_refused(amocrm: AmoCrmDriver, setting: str, value: object) -> None:
    assert setting in amocrm.refused("settings", {setting: value})


@pytest.mark.parametrize(
    ("part", "row", "named"),
    [
        ("pipelines", {"id": 1, "name": "x"}, "statuses"),
        ("leads", {"name": "x", "status_id": 5}, "no status 5"),
        ("tracking_fields", {"code": "COLOUR"}, "YCLID"),
        ("webhooks", {"destination": "http://127.0.0.1:9", "settings": ["add_deal"]}, "add_deal"),
        ("account", {"first_ids": {"deal": 5}}, "deal"),
        ("tokens", {"tokn": "x"}, "tokn"),
    ],
)
def test_a_wrong_seed_row_is_refused(amocrm: AmoCrmDriver, part: str, row: Json, named: str) -> None:
    assert named in amocrm.refused(part, [row])


def test_reset_returns_to_the_seed(amocrm: AmoCrmDriver) -> None:
    first = amocrm.lead()
    amocrm.settings(short_pages=True)
    amocrm.control("POST", "reset")
    assert amocrm.ids("leads") == []
    assert amocrm.ledger()["settings"]["short_pages"] is False
    assert amocrm.lead() == first
