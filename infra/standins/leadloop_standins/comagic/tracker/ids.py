"""Numbers the account gives out, the same ones for the same order of events."""

_FIRST = {
    "communication": 900_000_001,
    "call": 1_500_000_001,
    "chat": 31_000_001,
    "offline_message": 21_000_001,
    "visitor": 80_000_001,
    "visitor_session": 90_000_001,
    "person": 70_000_001,
    "sale": 610_001,
    "tag": 101,
    "notification": 4_001,
}
_STEP = 2
"""Code that counts on neighbours should notice."""


class IdSequences:
    """One growing sequence per kind."""

    def __init__(self) -> None:
        self._next = dict(_FIRST)

    def take(self, kind: str) -> int:
        """A fresh id."""
        number = self._next[kind]
        self._next[kind] = number + _STEP
        return number

    def stay_clear_of(self, kind: str, number: int) -> None:
        """Later ids of the kind come after one that was given from outside."""
        self._next[kind] = max(self._next[kind], number + _STEP)
