"""Calls to a portal's REST, alone or up to fifty in one request.

Bitrix24 asks callers to name themselves in ``User-Agent``, which the transport does
(https://apidocs.bitrix24.ru/settings/how-to-call-rest-api/general-principles.html).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from leadloop.crm.bitrix24.access import InboundWebhook
from leadloop.crm.bitrix24.refusals import failure_of, seconds_until_reset
from leadloop.json_types import Json, JsonObject
from leadloop.ports.http import Http, HttpRequest, HttpResponse, OutcomeUnknown, Refused

READ_TIMEOUT = 15.0
"""Seconds; three tries of a repeatable call stay under the shortest function time-out."""
WRITE_TIMEOUT = 20.0
MOST_COMMANDS = 50
"""https://apidocs.bitrix24.ru/settings/how-to-call-rest-api/batch.html"""
PAGE = 50
"""Rows of a page, whatever is asked for."""
_LIMITS = frozenset({429, 503})
"""Statuses whose bodies tell a limit from a failure, and how long it lasts."""


class AnswerUnreadable(OutcomeUnknown):
    """Bitrix24 answered 2xx with a body that is not what its API promises."""

    def __init__(self, operation: str, found: str) -> None:
        super().__init__("bitrix24", operation, found)


class Command(NamedTuple):
    """A call: a method and its parameters, which may nest."""

    method: str
    params: JsonObject

    @property
    def is_of_one(self) -> bool:
        """Whether it is about a single card, and so may its failure be."""
        return "id" in self.params


class Bitrix24Client:
    """The transport of one portal."""

    def __init__(self, http: Http, webhook: InboundWebhook) -> None:
        self._http = http
        self.webhook = webhook

    def call(self, operation: str, command: Command, *, repeatable: bool = True) -> Json:
        """The ``result`` of a call."""
        return self._send(operation, command, repeatable=repeatable)

    def all(self, operation: str, commands: Mapping[str, Command], tolerated: Collection[str] = ()) -> dict[str, Json]:
        """The results of any number of calls by key, fifty to a request.

        One that fails with a ``tolerated`` code is left out; for another the first failure is raised.
        """
        found: dict[str, Json] = {}
        for chunk in _chunks(commands):
            found |= self.together(operation, chunk, tolerated)
        return found

    def together(
        self, operation: str, commands: Mapping[str, Command], tolerated: Collection[str] = ()
    ) -> dict[str, Json]:
        """The same in one request. Reads only, and nothing a visitor typed: a batch fills in ``$result[...]`` in texts.

        https://apidocs.bitrix24.ru/settings/how-to-call-rest-api/batch.html
        """
        written: JsonObject = {key: f"{one.method}?{query_of(one.params)}" for key, one in commands.items()}
        answer = self._send(operation, Command("batch", {"halt": 0, "cmd": written}), repeatable=True)
        if not isinstance(answer, dict):
            raise AnswerUnreadable(operation, "expected an object of results, found something else")
        results, errors, times = (_map(operation, answer.get(f"result{part}")) for part in ("", "_error", "_time"))
        for key, one in commands.items():
            told = errors.get(key)
            if key in errors and not isinstance(told, dict):  # surely a failure, and nobody knows of what
                raise AnswerUnreadable(operation, "expected an error with its code, found something else")
            if isinstance(told, dict) and str(told.get("error")) not in tolerated:
                reset = seconds_until_reset(times.get(key))
                raise failure_of(operation, told, 400, reset, of_one=one.is_of_one)
            if key not in errors and key not in results:
                raise AnswerUnreadable(operation, "expected an answer to each command, found one missing")
        return {key: results[key] for key in commands if key not in errors}

    def _send(self, operation: str, command: Command, *, repeatable: bool) -> Json:
        answer = self._http.send(
            HttpRequest(
                vendor="bitrix24",
                operation=operation,
                method="POST",
                url=self.webhook.url(operation, command.method),
                headers={"Content-Type": "application/json", "Accept": "application/json"},
                body=json.dumps(command.params, ensure_ascii=False).encode(),
                timeout=READ_TIMEOUT if repeatable else WRITE_TIMEOUT,
                repeatable=repeatable,
                explained=_LIMITS,
            )
        )
        return _result(operation, answer, of_one=command.is_of_one)


def query_of(params: JsonObject) -> str:
    """Parameters as a command of a batch holds them: ``filter[@id][0]=12``."""
    return urlencode(list(_pairs(params)))


def items_of(operation: str, result: Json, member: str = "items") -> list[JsonObject]:
    """The rows of a list. Raises ``AnswerUnreadable``."""
    rows = result.get(member) if isinstance(result, dict) else None
    if not isinstance(rows, list):
        raise AnswerUnreadable(operation, f"expected a list in result.{member}, found none")
    return [row for row in rows if isinstance(row, dict)]


def item_of(operation: str, result: Json) -> JsonObject:
    """A single card. Raises ``AnswerUnreadable``."""
    item = result.get("item") if isinstance(result, dict) else None
    if not isinstance(item, dict):
        raise AnswerUnreadable(operation, "expected an object in result.item, found none")
    return item


def _pairs(value: Json, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        inner = value.items()
    elif isinstance(value, list):
        inner = {str(place): one for place, one in enumerate(value)}.items()
    else:
        yield name, "" if value is None else str(value)
        return
    for key, one in inner:
        yield from _pairs(one, f"{name}[{key}]" if name else key)


def _chunks(commands: Mapping[str, Command]) -> Iterator[dict[str, Command]]:
    listed = list(commands.items())
    for start in range(0, len(listed), MOST_COMMANDS):
        yield dict(listed[start : start + MOST_COMMANDS])


def _map(operation: str, value: Json) -> JsonObject:
    """PHP writes an empty map as ``[]``."""
    if value in ([], None):
        return {}
    if not isinstance(value, dict):
        raise AnswerUnreadable(operation, "expected results by the keys of commands, found a list")
    return value


def _result(operation: str, answer: HttpResponse, *, of_one: bool) -> Json:
    told = _object(answer.body)
    if told is not None and "error" in told:  # by the key: its value may be empty
        raise failure_of(operation, told, answer.status, seconds_until_reset(told.get("time")), of_one=of_one)
    if 400 <= answer.status < 500:
        raise Refused("bitrix24", operation, str(answer.status), answer.status)
    if not 200 <= answer.status < 300:
        raise OutcomeUnknown("bitrix24", operation, f"expected 200, found {answer.status}")
    if told is None or "result" not in told:
        raise AnswerUnreadable(operation, f"expected a result with status {answer.status}, found none")
    return told["result"]


def _object(body: bytes) -> JsonObject | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
