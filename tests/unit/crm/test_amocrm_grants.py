"""What the token endpoint may answer, and what each answer means for a grant that works once."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.crm.amocrm.grants import Integration, exchange
from leadloop.ports.http import HttpRequest, HttpResponse, OutcomeUnknown, RateLimited, Refused, VendorError

SECRET, GIVEN = "secret-of-the-integration", "def50200-refresh"
INTEGRATION = Integration("https://sokol.amocrm.ru", "5b1f6a0c", SECRET, "https://sokol.example/oauth")
PAIR = {"token_type": "Bearer", "expires_in": 86400, "access_token": "a.b.c", "refresh_token": "def50200-next"}


class Wire:
    """An ``Http`` that answers as told and keeps what was sent."""

    def __init__(self, status: int, body: object) -> None:
        self.answer = HttpResponse(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())
        self.sent: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        self.sent.append(request)
        return self.answer


def test_a_refresh_token_is_sent_once_with_all_that_is_registered() -> None:
    wire = Wire(200, PAIR)
    pair = exchange(wire, INTEGRATION, "refresh_token", GIVEN)
    assert (pair.access, pair.refresh, pair.life) == ("a.b.c", "def50200-next", timedelta(days=1))
    [request] = wire.sent
    assert (request.url, request.repeatable) == ("https://sokol.amocrm.ru/oauth2/access_token", False)
    assert json.loads(request.body or b"") == {
        "client_id": "5b1f6a0c",
        "client_secret": SECRET,
        "grant_type": "refresh_token",
        "refresh_token": GIVEN,
        "redirect_uri": "https://sokol.example/oauth",
    }


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Refused), (401, Refused), (403, Refused), (408, OutcomeUnknown), (429, RateLimited), (302, OutcomeUnknown)],
)
def test_a_failure_is_sorted_and_tells_no_secret(status: int, error: type[VendorError]) -> None:
    problem = {"hint": f"{SECRET} is not {GIVEN}", "detail": GIVEN, "title": SECRET}
    for body in (problem, b"<html>", b"[]"):
        with pytest.raises(error) as raised:
            exchange(Wire(status, body), INTEGRATION, "refresh_token", GIVEN)
        assert type(raised.value) is error
        assert not [secret for secret in (SECRET, GIVEN) if secret in str(raised.value)]


@pytest.mark.parametrize("hint", ["Token has been revoked", "Check the `redirect_uri` parameter"])
def test_amocrms_own_words_are_passed_on(hint: str) -> None:
    with pytest.raises(Refused) as raised:
        exchange(Wire(401, {"hint": hint}), INTEGRATION, "authorization_code", GIVEN)
    assert str(raised.value) == f"amocrm authorise: 401 {hint}"


@given(
    st.binary(max_size=40)
    | st.dictionaries(
        st.sampled_from(["access_token", "refresh_token", "expires_in"]),
        st.none() | st.integers() | st.text(max_size=4) | st.booleans() | st.lists(st.none(), max_size=1),
        max_size=3,
    )
)
def test_whatever_a_200_holds_is_a_pair_or_an_unknown_outcome(body: object) -> None:
    try:
        pair = exchange(Wire(200, body), INTEGRATION, "refresh_token", GIVEN)
    except OutcomeUnknown:
        return
    assert pair.access
    assert pair.refresh


@pytest.mark.parametrize("told", [0, -1, 10**12, "86400", None, True, 1.5, []])
def test_a_strange_length_of_life_loses_no_pair(told: object) -> None:
    assert exchange(Wire(200, {**PAIR, "expires_in": told}), INTEGRATION, "refresh_token", GIVEN).life == timedelta(1)
