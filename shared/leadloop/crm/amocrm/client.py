"""Calls to amoCRM's API, with answers sorted by the only question a caller has: may I send it again?

Statuses: https://www.amocrm.ru/developers/content/crm_platform/error-codes. 204 means nothing found.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from leadloop.crm.amocrm.refusals import refusal_of
from leadloop.json_types import Json, JsonObject
from leadloop.ports.http import Http, HttpRequest, HttpResponse, OutcomeUnknown

if TYPE_CHECKING:
    from leadloop.crm.amocrm.access import Access

READ_TIMEOUT = 10.0
"""Seconds; three tries of a repeatable call stay under the shortest function time-out."""
WRITE_TIMEOUT = 20.0
MOST_PAGES = 400
"""A listing longer than this (100 000 leads) is not read to its end in one call."""

Params: TypeAlias = tuple[tuple[str, str], ...]


class AnswerUnreadable(OutcomeUnknown):
    """amoCRM answered 2xx with a body that is not what its API promises."""


class AmoCrmClient:
    """The transport of one account."""

    def __init__(self, http: Http, base_url: str, access: Access) -> None:
        self._http = http
        self._base_url = base_url
        self.access = access

    def get(self, operation: str, path: str, params: Params = ()) -> JsonObject | None:
        """The object at a path; ``None`` when nothing is found (204)."""
        answer = self._send(operation, "GET", path, params)
        found = None if answer.status == 204 else _json(operation, answer)
        if found is not None and not isinstance(found, dict):
            raise AnswerUnreadable("amocrm", operation, "expected a JSON object, found another JSON value")
        return found

    def write(self, operation: str, method: str, path: str, body: Json, *, repeatable: bool) -> Json:
        """Send JSON and return the JSON answer. Raises ``FieldsRefused`` when only custom fields are at fault."""
        content = json.dumps(body, ensure_ascii=False).encode()
        return _json(operation, self._send(operation, method, path, (), content, repeatable=repeatable))

    def pages(self, operation: str, path: str, params: Params, member: str) -> Iterator[list[JsonObject]]:
        """Every page of a list by its ``next`` links, short pages included. Raises ``AnswerUnreadable`` if endless."""
        page, following = self.page(operation, path, params, member)
        for _ in range(MOST_PAGES):
            yield page
            if following is None:
                return
            page, following = self.page(operation, path, following, member)
        raise AnswerUnreadable("amocrm", operation, f"expected a list of at most {MOST_PAGES} pages, found more")

    def page(self, operation: str, path: str, params: Params, member: str) -> tuple[list[JsonObject], Params | None]:
        """One page of a list, and the parameters of the next; ``None`` after the last."""
        found = self.get(operation, path, params)
        if found is None:
            return [], None
        embedded = found.get("_embedded")
        items = embedded.get(member) if isinstance(embedded, dict) else None
        if not isinstance(items, list):
            raise AnswerUnreadable("amocrm", operation, f"expected a list in _embedded.{member}, found none")
        return [item for item in items if isinstance(item, dict)], _next_params(found)

    def _send(
        self,
        operation: str,
        method: str,
        path: str,
        params: Params,
        body: bytes | None = None,
        *,
        repeatable: bool = True,
    ) -> HttpResponse:
        token = self.access.token(operation)
        request = HttpRequest(
            vendor="amocrm",
            operation=operation,
            method=method,
            url=f"{self._base_url}/api/v4/{path}",
            params=params,
            headers=_headers(token, body),
            body=body,
            timeout=READ_TIMEOUT if method == "GET" else WRITE_TIMEOUT,
            repeatable=repeatable,
        )
        answer = self._http.send(request)
        if answer.status == 401 and (another := self.access.another(operation, token)) is not None:
            answer = self._http.send(request._replace(headers=_headers(another, body)))  # the first one did nothing
        if 200 <= answer.status < 300:
            return answer
        if answer.status == 408 or not 400 <= answer.status < 500:
            raise OutcomeUnknown("amocrm", operation, f"expected 200 or 204, found {answer.status}")
        raise refusal_of(operation, answer)


def _headers(token: str, body: bytes | None) -> Mapping[str, str]:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/hal+json"}
    return headers if body is None else {**headers, "Content-Type": "application/json"}


def several(name: str, values: Sequence[str]) -> Params:
    """A filter of several values: ``filter[id][]=1&filter[id][]=2``."""
    return tuple((f"{name}[]", value) for value in values)


def _json(operation: str, answer: HttpResponse) -> Json:
    try:
        found: Json = json.loads(answer.body)
    except ValueError:
        raise AnswerUnreadable("amocrm", operation, f"expected JSON with status {answer.status}, found none") from None
    return found


def _next_params(found: JsonObject) -> Params | None:
    """The query of the ``next`` link alone: wherever an answer points, the token goes to our host only."""
    links = found.get("_links")
    following = links.get("next") if isinstance(links, dict) else None
    href = following.get("href") if isinstance(following, dict) else None
    return tuple(parse_qsl(urlsplit(href).query, keep_blank_values=True)) if isinstance(href, str) else None
