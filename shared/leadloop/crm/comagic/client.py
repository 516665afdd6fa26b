"""Calls of CoMagic's Data API 2.0: JSON-RPC, one call a request, errors told apart by their mnemonic.

https://comagic.github.io/data_api/. Which HTTP status an error comes with is not documented, so the body decides.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from leadloop.crm.comagic.refusals import failure_of
from leadloop.json_types import JsonObject, json_list
from leadloop.ports.http import Http, HttpRequest, HttpResponse, NotSent, OutcomeUnknown, Refused
from leadloop.secrets import COMAGIC_TOKEN, SecretMissing, Secrets

TIMEOUT = 30.0
"""Seconds; a report of ten thousand rows takes a while."""
_JSON = "application/json; charset=UTF-8"


class AccessKeyUnavailable(NotSent):
    """There is no access key to call with, so nothing was sent; the work is put off."""

    def __init__(self, operation: str, found: str) -> None:
        super().__init__("comagic", operation, found)


class AnswerUnreadable(OutcomeUnknown):
    """The answer is not what the API promises."""


class Answer(NamedTuple):
    """What a method that reads found."""

    rows: list[JsonObject]
    limits: JsonObject
    """The account's points: what there is, what is left, and seconds until it is renewed."""


class CoMagicClient:
    """The transport of one account."""

    def __init__(self, http: Http, base_url: str, secrets: Secrets) -> None:
        self._http = http
        self._url = f"{base_url}/v2.0"
        self._secrets = secrets

    def get(self, operation: str, method: str, fields: Sequence[str] = (), **params: object) -> Answer:
        """The rows of a method whose verb is ``get``; of a report only the fields that are named come."""
        asked = {**({"fields": list(fields)} if fields else {}), **params}
        answer = self._send(operation, method, asked)
        result = answer.get("result")
        rows = result.get("data") if isinstance(result, dict) else None
        if not isinstance(result, dict) or not isinstance(rows, list):
            raise AnswerUnreadable("comagic", operation, "expected a list in result.data, found none")
        metadata = result.get("metadata")
        limits = metadata.get("limits") if isinstance(metadata, dict) else None
        return Answer([row for row in rows if isinstance(row, dict)], limits if isinstance(limits, dict) else {})

    def _send(self, operation: str, method: str, params: dict[str, object]) -> JsonObject:
        authorised = {"access_token": self._access_key(operation), **params}
        call = {"jsonrpc": "2.0", "id": operation, "method": method, "params": authorised}
        request = HttpRequest(
            vendor="comagic",
            operation=operation,
            method="POST",
            url=self._url,
            headers={"Content-Type": _JSON},
            body=json.dumps(call, ensure_ascii=False).encode(),
            timeout=TIMEOUT,
            repeatable=True,
        )
        answer = self._http.send(request)
        said = _object(answer)
        if said is not None and said.get("error") is not None:
            raise failure_of(operation, said["error"])
        if said is None and 400 <= answer.status < 500:
            raise Refused(
                "comagic", operation, f"expected JSON, found a page with status {answer.status}", answer.status
            )
        if said is None:
            raise AnswerUnreadable("comagic", operation, f"expected JSON with status {answer.status}, found none")
        return said

    def _access_key(self, operation: str) -> str:
        try:
            return self._secrets.get(COMAGIC_TOKEN)
        except SecretMissing as missing:
            raise AccessKeyUnavailable(operation, str(missing)) from None


def either(field: str, values: Sequence[str]) -> JsonObject:
    """A filter by some values. A tree of comparisons: the operator ``in`` is not there in every method."""
    return {
        "filters": json_list({"field": field, "operator": "=", "value": int(value)} for value in values),
        "condition": "or",
    }


def _object(answer: HttpResponse) -> JsonObject | None:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
