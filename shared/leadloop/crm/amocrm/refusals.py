"""amoCRM's 4xx answers, read for what a person or the caller can do about them.

A refusal's text may quote what was sent, so only codes, paths and titles of errors are kept.
"""

from __future__ import annotations

import json
import re

from leadloop.crm.words import word_of
from leadloop.json_types import Json, JsonObject
from leadloop.ports.http import HttpResponse, RateLimited, Refused

_WHAT_TO_DO = {
    401: "the token is not valid here; write a new long-lived token to LEADLOOP_AMOCRM_TOKEN, or, with crm.oauth, "
    "run `leadloop authorise`",
    402: "the account is not paid for",
    403: "blocked for exceeding the rate, closed to this IP address, or the token lacks rights",
}
_CUSTOM_FIELD = re.compile(r"(?:\d+\.)?custom_fields_values\.(\d+)\.(?:field_code|field_id)")


class FieldsRefused(Refused):
    """Nothing was done, only because the account does not have some of the custom fields; ``indexes`` are theirs."""

    def __init__(self, operation: str, indexes: frozenset[int]) -> None:
        places = ", ".join(str(index) for index in sorted(indexes))
        super().__init__("amocrm", operation, f"no such custom field: entries {places}", 400, "NotSupportedChoice")
        self.indexes = indexes


def refusal_of(operation: str, answer: HttpResponse) -> Refused | RateLimited:
    """The error a 4xx answer amounts to."""
    problem = _object(answer.body)
    faults = _faults(problem)
    indexes = [_CUSTOM_FIELD.fullmatch(path) for code, path in faults if code == "NotSupportedChoice"]
    if answer.status == 400 and faults and len(indexes) == len(faults) and all(indexes):
        return FieldsRefused(operation, frozenset(int(match[1]) for match in indexes if match))
    if answer.status == 429:
        return RateLimited("amocrm", operation, "429")
    parts = [str(answer.status), _WHAT_TO_DO.get(answer.status, ""), *(f"{code} at {path}" for code, path in faults)]
    return Refused("amocrm", operation, "; ".join(filter(None, parts)), answer.status, _error_type(problem, faults))


def _faults(problem: JsonObject) -> list[tuple[str, str]]:
    """Code and path of everything that is wrong: ``("NotSupportedChoice", "custom_fields_values.0.field_id")``."""
    entities = [entity for entity in _list(problem.get("validation-errors")) if isinstance(entity, dict)]
    errors = [error for entity in entities for error in _list(entity.get("errors")) if isinstance(error, dict)]
    return [(word_of(error.get("code")), word_of(error.get("path"))) for error in errors]


def _error_type(problem: JsonObject, faults: list[tuple[str, str]]) -> str:
    return faults[0][0] if faults else word_of(problem.get("error_code") or problem.get("title"))


def _object(body: bytes) -> JsonObject:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
