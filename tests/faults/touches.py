"""What a function touches on its way, and dying there.

A touch is named by what it is about (``commit create lead, increment daily_total``), not by ids, so that the
same touch of two leads is one and the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias, TypeVar

from leadloop.messages import Message
from leadloop.ports.bus import Bus
from leadloop.ports.http import Http, HttpRequest, HttpResponse
from leadloop.ports.store import Create, Document, Key, Page, Query, Store, Update, Usage, Write
from support.interruptions import Crash

T = TypeVar("T")
Side: TypeAlias = Literal["before", "after"]


class Moment(NamedTuple):
    """Where a process may die."""

    function: str
    touch: str
    side: Side

    def __str__(self) -> str:
        return f"{self.function}: {self.side} {self.touch}"

    @classmethod
    def read(cls, text: str) -> Moment:
        """Read what ``str`` gives. Raises ``ValueError``."""
        function, _, rest = text.partition(": ")
        side, _, touch = rest.partition(" ")
        if side not in ("before", "after") or not touch:
            raise ValueError(f"expected FUNCTION: before TOUCH, or after, found {text!r}")
        return cls(function, touch, "before" if side == "before" else "after")


class Call:
    """One call of a function. Its moments count from 0: before its first touch, after it, before the second …"""

    def __init__(self, function: str, dies: Callable[[Sequence[Moment]], bool]) -> None:
        """``dies`` is asked at each moment, and told all so far."""
        self.function = function
        self.moments: list[Moment] = []
        self.died_at: Moment | None = None
        self._dies = dies

    def touch(self, name: str, do: Callable[[], T]) -> T:
        """Do it, unless the process dies before; it may die after, also when it failed. The dead touch nothing."""
        self._pass(Moment(self.function, name, "before"))
        try:
            return do()
        finally:
            self._pass(Moment(self.function, name, "after"))

    def _pass(self, moment: Moment) -> None:
        if self.died_at is not None:
            raise Crash
        self.moments.append(moment)
        if self._dies(self.moments):
            self.died_at = moment
            raise Crash


class TouchedStore:
    """A ``Store`` as a call touches it."""

    def __init__(self, store: Store, call: Call) -> None:
        self.usage: Usage = store.usage
        self._store = store
        self._call = call

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        name = f"get {_listed(key.collection for key in keys)}"
        return self._call.touch(name, lambda: self._store.get_many(keys))

    def commit(self, writes: Sequence[Write]) -> None:
        self._call.touch(f"commit {_listed(map(_written, writes))}", lambda: self._store.commit(writes))

    def query(self, query: Query, cursor: str | None = None) -> Page:
        return self._call.touch(f"query {_shape(query)}", lambda: self._store.query(query, cursor))

    def count(self, query: Query) -> int:
        return self._call.touch(f"count {_shape(query)}", lambda: self._store.count(query))


class TouchedBus:
    """A ``Bus`` as a call touches it."""

    def __init__(self, bus: Bus, call: Call) -> None:
        self._bus = bus
        self._call = call

    def publish(self, topic: str, message: Message) -> str:
        return self._call.touch(f"publish {message.type} on {topic}", lambda: self._bus.publish(topic, message))


class TouchedHttp:
    """An ``Http`` as a call touches it."""

    def __init__(self, http: Http, call: Call) -> None:
        self._http = http
        self._call = call

    def send(self, request: HttpRequest) -> HttpResponse:
        name = f"{request.method} {request.vendor} {request.operation}"
        return self._call.touch(name, lambda: self._http.send(request))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names))) or "nothing"


def _written(write: Write) -> str:
    name = f"{type(write).__name__.lower()} {write.key.collection}"
    state = write.fields.get("state") if isinstance(write, Create | Update) else None
    return f"{name} {state}" if state else name


def _shape(query: Query) -> str:
    by = " and ".join(f"state {one.value}" if one.path == "state" else one.path for one in query.where)
    return f"{query.collection} by {by or query.order_by}"
