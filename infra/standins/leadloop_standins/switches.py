"""A stand-in's settings, asked for by type."""

from collections.abc import Callable, MutableMapping
from typing import Any


class Switches:
    """The settings at hand; KeyError for a name that does not exist."""

    def __init__(self, current: Callable[[], MutableMapping[str, Any]]) -> None:
        self._current = current

    def on(self, name: str) -> bool:
        """A switch that is on or off."""
        return bool(self._current()[name])

    def number(self, name: str) -> int:
        """A count or a number of seconds."""
        return int(self._current()[name])

    def set(self, name: str, *, value: bool) -> None:
        """What the stand-in itself turns on, such as a block."""
        self._current()[name] = value

    def spend(self, name: str) -> bool:
        """Takes one from a count; False when none is left."""
        left = self.number(name)
        self._current()[name] = max(left - 1, 0)
        return left > 0

    def seconds(self, name: str) -> float:
        """Real seconds with a fraction."""
        return float(self._current()[name])

    def text(self, name: str) -> str:
        """One of several choices, or a name."""
        return str(self._current()[name])

    def texts(self, name: str) -> list[str]:
        """A list of names."""
        return [str(item) for item in self._current()[name]]
