"""The kinds of values a policy is written in, each with the words for whoever got it wrong.

A value that does not fit raises with *what was expected* only; the loader adds what was found and where.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from leadloop.policy.crons import check_cron
from leadloop.policy.durations import read_duration, write_duration
from leadloop.policy.origins import read_origin
from leadloop.policy.spans import Span, read_span


def unexpected(expected: str) -> PydanticCustomError:
    """The error of a value that is not what was expected."""
    return PydanticCustomError("unexpected", "expected {expected}", {"expected": expected})


class Written(NamedTuple):
    """How a text must be written: a pattern for machines and the same in words."""

    pattern: str
    expected: str
    unquoted: bool = False
    """An id: a whole number without quotes stands for the same digits in quotes."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401
        """Check before pydantic does, so that the words are always these."""
        return core_schema.no_info_before_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The pattern, for editors that complete and check as one types."""
        kind = {"type": ["string", "integer"]} if self.unquoted else {}
        return handler(core) | kind | {"pattern": f"^(?:{self.pattern})$"}

    def _check(self, value: object) -> str:
        if self.unquoted and isinstance(value, float):
            raise unexpected("an id in quotes, because a decimal number loses digits")
        if self.unquoted and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or not self.fits(value):
            raise unexpected(self.expected)
        return value

    def fits(self, text: str) -> bool:
        """Whether a text is written so."""
        return re.fullmatch(self.pattern, text) is not None


def written_form(kind: object) -> Written:
    """How a value of an annotated type is written. Raises ``LookupError`` for one that is not a ``Written`` text."""
    found = [one for one in get_args(kind) if isinstance(one, Written)]
    if not found:
        raise LookupError(kind)
    return found[0]


def _duration(value: object) -> timedelta:
    try:
        return read_duration(value)
    except ValueError:
        raise unexpected("a length of time with its unit, such as 30m, 2h, 90d or 1h 30m, at most ten years") from None


def _span(value: object) -> Span:
    try:
        return read_span(value)
    except ValueError:
        raise unexpected("a length of time such as 180d, calendar months such as 6 months, or ever") from None


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise unexpected("an IANA time zone such as Europe/Moscow or Asia/Yekaterinburg") from None
    return name


def _origin(text: str) -> str:
    try:
        return read_origin(text)
    except ValueError as error:
        raise unexpected(str(error)) from None


def _cron(text: str) -> str:
    verdict = check_cron(text)
    if not verdict:
        raise unexpected(f"five cron fields in UTC such as */15 * * * * ({verdict.reason})")
    return " ".join(text.split())


def _goal_value(value: object) -> object:
    if value in ("none", "price") or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value
    raise unexpected("none, price, or a whole number of units of currency such as 500")


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(write_duration, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^\s*([0-9]+\s*[smhdw]\s*)+$", "examples": ["30m", "2h", "90d"]}),
]
"""A length of time written as ``30m``, ``2h``, ``90d`` or ``1h 30m``."""

SpanOfTime = Annotated[
    Span,
    PlainValidator(_span),
    PlainSerializer(str, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["180d", "6 months", "ever"]}),
]
"""How far back a rule looks, written as ``180d``, ``6 months`` or ``ever``; read into a ``Span``."""

ZoneName = Annotated[str, AfterValidator(_zone)]
Origin = Annotated[str, AfterValidator(_origin)]
Cron = Annotated[str, AfterValidator(_cron)]
YesOrNo = Annotated[bool, Field(strict=True)]
"""``true`` or ``false`` and no other word."""

Whole = Annotated[int, Field(strict=True)]
"""A whole number; ``true`` and ``"5"`` are not numbers."""

CounterId = Annotated[
    str, Written(r"[0-9]{1,20}", "the number of a Metrica counter, digits only, such as 45000001", unquoted=True)
]
_NAME = r"[^\s/](?:[^/\n]{0,98}[^\s/])?"
CrmName = Annotated[str, Written(_NAME, "an id from the CRM, without a slash", unquoted=True)]
"""An id of whichever CRM; its kind says how it is written."""
StatusPath = Annotated[str, Written(f"{_NAME}/{_NAME}", "a pipeline id and a status id joined by a slash")]
"""A status of whichever CRM."""
AmoCrmId = Annotated[str, Written(r"[0-9]{1,20}", "a numeric id from the CRM, such as 3383152", unquoted=True)]
AmoCrmField = Annotated[
    str,
    Written(
        r"[0-9]{1,20}|[A-Z_][A-Z0-9_]*",
        "a tracking field's code such as YCLID, or a custom field's numeric id",
        unquoted=True,
    ),
]
AmoCrmStatusPath = Annotated[
    str,
    Written(r"[0-9]{1,20}/[0-9]{1,20}", "a pipeline id and a status id joined by a slash, such as 3383152/33929752"),
]
Account = Annotated[
    str,
    Written(
        r"[a-z0-9][a-z0-9-]{0,62}(\.[a-z0-9.-]+)?",
        "the account's subdomain (sokol for sokol.amocrm.ru) or its whole host (sokol.kommo.com), without https://",
    ),
]
SystemName = Annotated[
    str, Written(r"[^\s](?:[^\n]{0,58}[^\s])?", "a name of your own for the system, at most 60 characters on one line")
]
Stage = Annotated[str, Written(r"[a-z][a-z0-9_]{0,40}", "a stage name of small Latin letters, digits and _")]
GoalName = Annotated[str, Written(r"[a-z][a-z0-9_]{0,40}", "a goal name of small Latin letters, digits and _")]
GoalTarget = Annotated[
    str,
    Written(r"[A-Za-z0-9_]{1,64}", "the identifier of a Metrica goal: at most 64 Latin letters, digits and _"),
]
"""Metrica refuses ``/ & = ? #`` in a JavaScript goal's identifier; letters, digits and _ are always safe."""

GoalValue = Annotated[Literal["none", "price"] | int, BeforeValidator(_goal_value)]
Currency = Annotated[str, Written(r"[A-Z]{3}", "a currency code of three capital letters, such as RUB")]
Country = Annotated[str, Written(r"[A-Z]{2}", "a country code of two capital letters, such as RU")]
SealKey = Annotated[
    str,
    Written(r"[A-Za-z0-9+/]{43}=", "the public key that `leadloop init` made: 43 characters of base64 and an ="),
]
SitePath = Annotated[
    str,
    Written(r"/(?![/\\])[^\s\\]*", "a path on the site that begins with one slash, such as /thanks"),
]
"""One slash: a browser reads ``//other.example`` as another site."""
