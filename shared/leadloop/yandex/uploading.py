"""An uploading of offline conversions as Metrica reports it.

https://www.yandex.com/dev/metrika/en/management/openapi/offline_conversions/upload_1
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from leadloop.json_types import Json, JsonObject

ENDED = frozenset({"PROCESSED", "LINKAGE_FAILURE"})
"""Statuses that do not change any more. Any other one, known or not, means that it is still being processed."""


class AnswerUnreadable(ValueError):
    """Metrica answered something that is not what its pages promise."""


class Totals(NamedTuple):
    """How many rows the file had, passed validation, were linked, and why others were not.

    ``None`` where the answer does not say: the three last ones are missing from answers before 2026.
    """

    source_quantity: int | None = None
    line_quantity: int | None = None
    linked_quantity: int | None = None
    goal_not_found_quantity: int | None = None
    user_not_found_quantity: int | None = None

    def as_json(self) -> dict[str, int | None]:
        """By the vendor's own names."""
        return self._asdict()


class Uploading(NamedTuple):
    """One uploading. ``id`` is a string: the vendor's number is 64 bits wide and is only ever compared."""

    id: str
    comment: str
    status: str
    totals: Totals

    @property
    def ended(self) -> bool:
        """Whether its totals are final."""
        return self.status in ENDED

    @property
    def is_partial(self) -> bool:
        """Whether some rows of the file did not pass validation."""
        source, lines = self.totals.source_quantity, self.totals.line_quantity
        return source is not None and lines is not None and lines < source


def read_uploading(answer: Json) -> Uploading:
    """The one uploading in an answer, under ``uploading`` or, as the chats page shows it, in ``uploadings``.

    Raises ``AnswerUnreadable``.
    """
    body = _object(answer, "the answer")
    single = body.get("uploading")
    if single is not None:
        return _uploading(single)
    listed = body.get("uploadings")
    if isinstance(listed, list) and len(listed) == 1:
        return _uploading(listed[0])
    raise AnswerUnreadable(f"expected one uploading, found the keys {sorted(body)}")


def read_uploadings(answer: Json) -> list[Uploading]:
    """All uploadings of a page of the list. Raises ``AnswerUnreadable`` if any of them cannot be read."""
    listed = _object(answer, "the answer").get("uploadings")
    if not isinstance(listed, list):
        raise AnswerUnreadable(f"expected a list of uploadings, found {type(listed).__name__}")
    return [_uploading(item) for item in listed]


def lowest_id(ids: Iterable[str]) -> str:
    """The id that Metrica gave first, by value: ``9`` comes before ``10``."""
    return min(ids, key=lambda number: (len(number), number))


def _uploading(value: Json) -> Uploading:
    body = _object(value, "an uploading")
    number = body.get("id")
    if isinstance(number, bool) or not isinstance(number, int | str) or str(number) == "":
        raise AnswerUnreadable("an uploading has no id")
    comment, status = body.get("comment"), body.get("status")
    return Uploading(
        id=str(number),
        comment=comment if isinstance(comment, str) else "",
        status=status if isinstance(status, str) else "",
        totals=Totals(
            _count(body, "source_quantity"),
            _count(body, "line_quantity"),
            _count(body, "linked_quantity"),
            _count(body, "goal_not_found_quantity"),
            _count(body, "user_not_found_quantity"),
        ),
    )


def _count(body: JsonObject, name: str) -> int | None:
    value = body.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _object(value: Json, what: str) -> JsonObject:
    if not isinstance(value, dict):
        raise AnswerUnreadable(f"expected {what} to be an object, found {type(value).__name__}")
    return value
