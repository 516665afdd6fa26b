"""Metrica's management API, as far as offline conversions need it.

Every call raises ``NotSent`` (``RateLimited`` on a quota), ``Refused`` or ``OutcomeUnknown`` (``leadloop.ports.http``).
A good answer that cannot be read is ``OutcomeUnknown`` too: the file may well have been taken.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

from leadloop.json_types import Json
from leadloop.ports.http import Http, HttpRequest, HttpResponse, OutcomeUnknown, Refused
from leadloop.yandex.listing import Listing, read_to_the_end
from leadloop.yandex.metrica_errors import VENDOR, raise_failure
from leadloop.yandex.multipart import file_part, no_parts
from leadloop.yandex.uploading import AnswerUnreadable, Uploading, read_uploading, read_uploadings

DEFAULT_ENDPOINT: Final = "https://api-metrika.yandex.net"
UPLOAD_TIMEOUT: Final = 90.0
"""Seconds an upload may take; part of the time fence, and below the time-out of the function that sends."""
READ_TIMEOUT: Final = 30.0
PAGE_SIZE: Final = 1000
_NO_RIGHT: Final = (401, 403)


class CounterGoal(NamedTuple):
    """A goal of the counter. ``targets`` are the identifiers by which offline conversions may name it."""

    id: str
    name: str
    targets: frozenset[str]
    others: frozenset[str] = frozenset()
    """Texts of its conditions by which no conversion finds it: of another kind of goal, or not ``exact``."""


class CounterPage(NamedTuple):
    """The counter itself. Texts are empty where Metrica does not tell."""

    name: str
    site: str
    time_zone: str
    """A name of the IANA database."""


class CounterLook(NamedTuple):
    """The counter's goals, and Metrica's own clock when it answered (``None`` if the answer does not tell)."""

    goals: tuple[CounterGoal, ...]
    answered_at: datetime | None


@dataclass(frozen=True)
class Metrica:
    """One counter, reached with one token. Tokens are never printed."""

    http: Http
    endpoint: str
    counter: str
    token: str = field(repr=False)
    upload_timeout: float = UPLOAD_TIMEOUT
    page_size: int = PAGE_SIZE

    def at(self, counter: str) -> Metrica:
        """The same client at another counter."""
        return replace(self, counter=counter)

    def look(self) -> CounterLook:
        """The counter's goals that are not deleted, and what time it is there."""
        response = self._get("list_goals", "/goals")
        goals = _json("list_goals", response)
        listed = goals.get("goals") if isinstance(goals, dict) else None
        if not isinstance(listed, list):
            raise OutcomeUnknown(VENDOR, "list_goals", "the answer holds no list of goals")
        return CounterLook(tuple(map(_goal, listed)), _date_of(response))

    def counter_page(self) -> CounterPage:
        """The counter's name, site and zone."""
        answer = _json("read_counter", self._get("read_counter", ""))
        counter = answer.get("counter") if isinstance(answer, dict) else None
        if not isinstance(counter, dict):
            raise OutcomeUnknown(VENDOR, "read_counter", "the answer holds no counter")
        told = (counter.get(name) for name in ("name", "site", "time_zone_name"))
        return CounterPage(*(text if isinstance(text, str) else "" for text in told))

    def create_goal(self, name: str, target: str) -> None:
        """Create a goal that offline conversions find by ``target``. Not idempotent: the same twice is two goals.

        https://yandex.com/dev/metrika/doc/api2/management/goals/class_goale.html
        """
        goal = {"name": name, "type": "action", "conditions": [{"type": "exact", "url": target}]}
        request = HttpRequest(
            vendor=VENDOR,
            operation="create_goal",
            method="POST",
            url=self._url("/goals"),
            headers={**self._headers(), "Content-Type": "application/json"},
            body=json.dumps({"goal": goal}, ensure_ascii=False).encode(),
            timeout=READ_TIMEOUT,
        )
        _json(request.operation, self.http.send(request))

    def upload_offline_conversions(self, comment: str, csv: bytes) -> Uploading:
        """Send one file. ``comment`` holds letters and digits only and is how the file is found again."""
        part = file_part(csv, comment)
        request = HttpRequest(
            vendor=VENDOR,
            operation="upload_offline_conversions",
            method="POST",
            url=self._url("/offline_conversions/upload"),
            params=(("comment", comment),),
            headers={**self._headers(), "Content-Type": part.content_type},
            body=part.body,
            timeout=self.upload_timeout,
        )
        return self._uploading(request.operation, self.http.send(request))

    def may_upload(self) -> bool:
        """Whether the token and its owner may upload conversions to this counter.

        Metrica tells nobody the rights of a token, so an upload without its file is asked for: whoever may upload is
        told that the file is missing (400), anybody else that access is denied (403). Neither leaves anything behind.
        """
        nothing = no_parts("rights")
        request = HttpRequest(
            vendor=VENDOR,
            operation="ask_rights",
            method="POST",
            url=self._url("/offline_conversions/upload"),
            headers={**self._headers(), "Content-Type": nothing.content_type},
            body=nothing.body,
            timeout=READ_TIMEOUT,
        )
        try:
            _json(request.operation, self.http.send(request))
        except Refused as refusal:
            return refusal.status not in _NO_RIGHT
        return True

    def uploading(self, number: str) -> Uploading:
        """One uploading by the vendor's id."""
        return self._uploading("uploading", self._get("uploading", f"/offline_conversions/uploading/{number}"))

    def uploadings(self) -> Listing:
        """Every uploading of the counter, read to the end. Raises ``OutcomeUnknown`` rather than leave one out."""
        return read_to_the_end(self._page, self.page_size)

    def _page(self, limit: int, offset: int) -> list[Uploading]:
        params = (("limit", str(limit)), ("offset", str(offset)))
        response = self._get("uploadings", "/offline_conversions/uploadings", params)
        try:
            return read_uploadings(_json("uploadings", response))
        except AnswerUnreadable as fault:
            raise OutcomeUnknown(VENDOR, "uploadings", str(fault)) from None

    def _uploading(self, operation: str, response: HttpResponse) -> Uploading:
        try:
            return read_uploading(_json(operation, response))
        except AnswerUnreadable as fault:
            raise OutcomeUnknown(VENDOR, operation, str(fault)) from None

    def _get(self, operation: str, path: str, params: tuple[tuple[str, str], ...] = ()) -> HttpResponse:
        return self.http.send(
            HttpRequest(
                vendor=VENDOR,
                operation=operation,
                method="GET",
                url=self._url(path),
                params=params,
                headers=self._headers(),
                timeout=READ_TIMEOUT,
                repeatable=True,
            )
        )

    def _url(self, path: str) -> str:
        return f"{self.endpoint}/management/v1/counter/{self.counter}{path}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"OAuth {self.token}"}


def _json(operation: str, response: HttpResponse) -> Json:
    if not 200 <= response.status < 300:
        raise_failure(operation, response)
    try:
        answer: Json = json.loads(response.body)
    except ValueError:
        raise OutcomeUnknown(VENDOR, operation, f"{len(response.body)} bytes that are not JSON") from None
    return answer


def _date_of(response: HttpResponse) -> datetime | None:
    """The ``Date`` header (RFC 9110 §6.6.1), whatever its case."""
    written = next((value for name, value in response.headers.items() if name.lower() == "date"), "")
    try:
        at = parsedate_to_datetime(written)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _goal(value: Json) -> CounterGoal:
    goal = value if isinstance(value, dict) else {}
    listed = goal.get("conditions")
    conditions = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    is_event = goal.get("type") == "action"
    texts = {url for one in conditions if isinstance(url := one.get("url"), str)}
    # Offline conversions find a JavaScript-event goal only by the condition "matches" (`exact`).
    exact = {url for one in conditions if one.get("type") == "exact" and isinstance(url := one.get("url"), str)}
    targets = frozenset(exact) if is_event else frozenset[str]()
    return CounterGoal(str(goal.get("id", "")), str(goal.get("name", "")), targets, frozenset(texts - targets))
