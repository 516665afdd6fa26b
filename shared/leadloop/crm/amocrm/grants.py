"""amoCRM's token endpoint: a pair of tokens for a code, or for the refresh token of an earlier pair.

https://www.amocrm.ru/developers/content/oauth/step-by-step. What is given works once, so nothing here is tried twice.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Literal, NamedTuple

from leadloop.json_types import JsonObject
from leadloop.ports.http import Http, HttpRequest, HttpResponse, OutcomeUnknown, RateLimited, Refused

TIMEOUT = 20.0
ACCESS_LIFE = timedelta(days=1)
REFRESH_LIFE = timedelta(days=90)
"""Three months, the shortest there are: the answer does not say it."""
_LIVES = range(60, 10 * 366 * 86_400)
"""Seconds that an access token may be said to live: from a minute to ten years."""

_WORDS = re.compile(r"[A-Za-z_`]{1,20}(?: [A-Za-z_`]{1,20}){0,9}")

GrantType = Literal["authorization_code", "refresh_token"]
_GIVEN_AS = {"authorization_code": "code", "refresh_token": "refresh_token"}


class Integration(NamedTuple):
    """Who asks: an integration of one account. Holds a secret; never print it."""

    base_url: str
    client_id: str
    client_secret: str
    redirect_uri: str


class Pair(NamedTuple):
    """What was given. Holds secrets; never print it."""

    access: str
    refresh: str
    life: timedelta
    """Of the access token, from the moment it was asked for."""


def exchange(http: Http, integration: Integration, grant_type: GrantType, given: str) -> Pair:
    """A pair for a code or a refresh token, which is worthless afterwards; store the pair before it is used.

    Raises ``NotSent``, ``RateLimited``, ``Refused`` (nothing was given), or ``OutcomeUnknown``: what was given may be
    worthless, and the pair is lost.
    """
    operation = "authorise" if grant_type == "authorization_code" else "refresh_token"
    body = {
        "client_id": integration.client_id,
        "client_secret": integration.client_secret,
        "grant_type": grant_type,
        _GIVEN_AS[grant_type]: given,
        "redirect_uri": integration.redirect_uri,
    }
    request = HttpRequest(
        vendor="amocrm",
        operation=operation,
        method="POST",
        url=f"{integration.base_url}/oauth2/access_token",
        headers={"Accept": "application/json", "Content-Type": "application/json"},
        body=json.dumps(body).encode(),
        timeout=TIMEOUT,
        repeatable=False,
    )
    answer = http.send(request)
    if answer.status == 429:
        raise RateLimited("amocrm", operation, "429")
    if answer.status != 408 and 400 <= answer.status < 500:
        hint = _hint(answer)
        raise Refused("amocrm", operation, f"{answer.status} {hint}".rstrip(), answer.status, hint)
    return _pair(operation, answer)


def _hint(answer: HttpResponse) -> str:
    """The line by which amoCRM tells its reasons apart, if it is words: what was sent might be quoted in it."""
    hint = _object(answer).get("hint")
    return hint if isinstance(hint, str) and _WORDS.fullmatch(hint) else ""


def _pair(operation: str, answer: HttpResponse) -> Pair:
    found = _object(answer)
    access, refresh, seconds = (found.get(name) for name in ("access_token", "refresh_token", "expires_in"))
    if not isinstance(access, str) or not isinstance(refresh, str) or not access or not refresh:
        raise OutcomeUnknown("amocrm", operation, f"expected a pair of tokens, found {answer.status} without one")
    if isinstance(seconds, int) and seconds in _LIVES:
        return Pair(access, refresh, timedelta(seconds=seconds))
    return Pair(access, refresh, ACCESS_LIFE)  # a strange length of life must not lose the pair


def _object(answer: HttpResponse) -> JsonObject:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
