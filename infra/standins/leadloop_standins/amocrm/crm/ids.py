"""Numbers the account gives out, the same ones for the same order of events."""

from collections.abc import Callable

_FIRST = {
    "lead": 30_052_001,
    "contact": 37_054_001,
    "field": 752_001,
    "enum": 1_193_001,
    "tag": 100_661,
    "note": 42_743_001,
    "webhook": 839_001,
    "status": 32_392_101,
    "loss_reason": 4_203_001,
}
_STEP = 2
"""amoCRM's ids grow but leave gaps; code that counts on neighbours should notice."""

_BEYOND_32_BITS = 1 << 33


class IdSequences:
    """One growing sequence per kind. `large` is asked at every use and lifts leads and contacts beyond 32 bits."""

    def __init__(self, large: Callable[[], bool]) -> None:
        self._next = dict(_FIRST)
        self._given: dict[str, int] = {}
        self._large = large

    def start_at(self, kind: str, number: int) -> None:
        """The next id of that kind; KeyError for an unknown kind."""
        if kind not in self._next:
            raise KeyError(kind)
        self._next[kind] = number

    def give_next(self, kind: str, number: int | None) -> None:
        """The very next id of that kind is this one, and later ones stay clear of it; None changes nothing."""
        if number is not None:
            self._given[kind] = number

    def take(self, kind: str) -> int:
        """A fresh id."""
        if kind in self._given:
            number = self._given.pop(kind)
            self._next[kind] = max(self._next[kind], number + _STEP) if number < _BEYOND_32_BITS else self._next[kind]
            return number
        number = self._next[kind]
        self._next[kind] = number + _STEP
        return number + (_BEYOND_32_BITS if kind in ("lead", "contact") and self._large() else 0)
