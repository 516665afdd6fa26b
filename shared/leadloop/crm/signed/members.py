"""Members of a JSON object, taken by name and kind; what nobody takes is told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NoReturn, cast

from leadloop import timestamps

LONGEST = 200
AHEAD = timedelta(minutes=5)
"""How far a sender's clock may be before ours."""
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""What is said to be earlier is the empty date of some system: 0001-01-01 of 1C, 1970-01-01 of others."""
_MOST_NAMES_TOLD = 20


class DealUnclear(ValueError):
    """A body tells of no deal; the reason names the member at fault and never quotes what stands there."""


class Members:
    """One object of the body. Every method raises ``DealUnclear`` for a member of another kind."""

    def __init__(self, told: Mapping[str, object], path: str = "") -> None:
        self._left = dict(told)
        self._path = path
        self._inner: list[Members] = []

    @classmethod
    def of(cls, body: bytes) -> Members:
        """The object that a body is. A fraction stays the text that it was."""
        try:
            told = json.loads(body, parse_float=str, parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise DealUnclear("expected a JSON object in UTF-8, found something else") from None
        if not isinstance(told, dict):
            raise DealUnclear("expected a JSON object, found another kind of JSON")
        return cls(cast("Mapping[str, object]", told))

    @property
    def ignored(self) -> list[str]:
        """Paths of members that nobody took, the first of them."""
        names = [f"{self._path}{name}"[:60] for name in sorted(self._left) if name.isprintable()]
        return [*names, *(name for inner in self._inner for name in inner.ignored)][:_MOST_NAMES_TOLD]

    def text(self, name: str, longest: int = LONGEST) -> str:
        """A text on one line, or a whole number's digits; empty where there is none."""
        return self._line(name, self._left.pop(name, None), longest)

    def needed(self, name: str, longest: int = LONGEST) -> str:
        """A text that must be there."""
        return self.text(name, longest) or self.refuse(name, "expected a text, found none")

    def texts(self, name: str, most: int, longest: int = LONGEST) -> tuple[str, ...]:
        """A text, or a list of texts, those that hold something."""
        held = self._left.pop(name, None)
        given = held if isinstance(held, list) else [held]
        if len(given) > most:
            self.refuse(name, f"expected at most {most} of them, found {len(given)}")
        return tuple(text for one in given if (text := self._line(name, one, longest)))

    def flag(self, name: str) -> bool:
        """``true``, or ``false`` where there is none."""
        held = self._left.pop(name, None)
        if held is not None and not isinstance(held, bool):
            self.refuse(name, "expected true or false")
        return bool(held)

    def instant(self, name: str, now: datetime, otherwise: datetime | None = None) -> datetime:
        """An instant that has come: ISO 8601 with its zone, or Unix seconds. With ``otherwise`` it may be left out."""
        held = self._left.pop(name, None)
        if held is None and otherwise is not None:
            return otherwise
        leave_out = ": leave out an empty date" if otherwise is not None else ""
        try:
            if isinstance(held, int) and not isinstance(held, bool):
                found = timestamps.from_unix(held)
            else:
                found = timestamps.from_text(str(held))
        except (ValueError, OverflowError, OSError):
            self.refuse(name, f"expected ISO 8601 with a time zone, or Unix seconds{leave_out}")
        if found < _EARLIEST:
            self.refuse(name, f"expected a time since the year 2000, found an earlier one{leave_out}")
        if found > now + AHEAD:
            self.refuse(name, "expected a time that has come, found one in the future")
        return found

    def inner(self, name: str) -> Members | None:
        """An object; ``None`` where there is none."""
        held = self._left.pop(name, None)
        return None if held is None else self._object(name, held)

    def several(self, name: str, most: int) -> Iterator[Members]:
        """A list of objects."""
        held = self._left.pop(name, None) or []
        if not isinstance(held, list) or len(held) > most:
            self.refuse(name, f"expected a list of at most {most} objects")
        for index, one in enumerate(held):
            yield self._object(f"{name}[{index}]", one)

    def refuse(self, name: str, why: str) -> NoReturn:
        """Raises ``DealUnclear`` of a member."""
        raise DealUnclear(f"{self._path}{name}: {why}")

    def _object(self, name: str, held: object) -> Members:
        if not isinstance(held, dict):
            self.refuse(name, "expected an object")
        inner = Members(cast("Mapping[str, object]", held), f"{self._path}{name}.")
        self._inner.append(inner)
        return inner

    def _line(self, name: str, held: object, longest: int) -> str:
        if held is None:
            return ""
        if isinstance(held, int) and not isinstance(held, bool):
            held = str(held)
        if not isinstance(held, str) or len(held) > longest or not held.isprintable():
            self.refuse(name, f"expected a text of at most {longest} characters on one line")
        return held.strip()


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)
