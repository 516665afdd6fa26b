"""A call and its answer, and what methods need of the stand-in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..portal.portal import Portal
from ..portal.records import Stamp
from ..settings import Switches
from .access import InboundWebhook
from .problems import CallRefused, bare
from .requests_seen import RequestsSeen

PAGE_SIZE = 50


class Office(Protocol):
    """The stand-in as its methods see it."""

    portal: Portal
    seen: RequestsSeen
    switches: Switches

    def unix_now(self) -> int:
        """Domain time in Unix seconds."""


@dataclass(frozen=True)
class Answer:
    """What a method gives; lists that count say `total`, and `next` while more is to come."""

    result: Any
    total: int | None = None
    next: int | None = None


@dataclass(frozen=True)
class Call:
    """One call of one method. Names of parameters count without regard to case."""

    office: Office
    webhook: InboundWebhook
    method: str
    params: Mapping[str, Any]

    @property
    def portal(self) -> Portal:
        """The portal called."""
        return self.office.portal

    @property
    def stamp(self) -> Stamp:
        """Now, by the employee whose webhook it is."""
        return Stamp(self.office.unix_now(), self.webhook.user_id, "rest")

    def get(self, name: str) -> Any:  # noqa: ANN401 - whatever JSON holds
        """A parameter; None when it is absent."""
        return next((value for key, value in self.params.items() if key.lower() == name.lower()), None)

    def number(self, name: str) -> int | None:
        """A parameter that is a whole number; None when it is none."""
        text = str(self.get(name))
        return int(text) if text.removeprefix("-").isdecimal() else None

    def mapping(self, name: str) -> Mapping[str, Any]:
        """A parameter with keys; absent and PHP's empty array are an empty one. CallRefused for anything else."""
        found = self.get(name)
        if found in (None, "", []):
            return {}
        if isinstance(found, list):
            return {str(place): value for place, value in enumerate(found)}
        if not isinstance(found, Mapping):
            raise bare(f"Parameter '{name}' must be array.")
        return found

    def items(self, name: str) -> list[Any]:
        """A parameter that is a list, also as a form's numbered keys or a single value."""
        return listed(self.get(name))


def listed(value: object) -> list[Any]:
    """PHP's idea of an array: a list, a map's values, or one value alone."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]


@dataclass(frozen=True)
class Method:
    """What a method does and the scope its webhook needs; an empty scope is everybody's."""

    scope: str
    do: Callable[[Call], Answer]


def page_of(call: Call, rows: Sequence[Any]) -> Answer:
    """Rows from `start` on, fifty at most; `start=-1` counts nothing, so that neither total nor next is told."""
    start = call.number("start") or 0
    if start < 0:
        return Answer(list(rows[:PAGE_SIZE]))
    more = start + PAGE_SIZE if start + PAGE_SIZE < len(rows) else None
    return Answer(list(rows[start : start + PAGE_SIZE]), len(rows), more)


__all__ = ["PAGE_SIZE", "Answer", "Call", "CallRefused", "Method", "Office", "listed", "page_of"]
