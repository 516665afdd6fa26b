"""Breaking in on a run at its n-th touch of the outside world: to end it there, or to let another run in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from leadloop.messages import Message
from leadloop.ports.bus import Bus
from leadloop.ports.http import Http, HttpRequest, HttpResponse
from leadloop.ports.store import Document, Key, Page, Query, Store, Usage, Write

T = TypeVar("T")


class Crash(BaseException):
    """The process is gone. Nothing may catch it, as nothing catches a power loss."""


class Interrupter:
    """Counts touches and acts at one. Moments count from 0: before touch 0, after it, before touch 1 …"""

    def __init__(self, moment: int | None, act: Callable[[], None]) -> None:
        self._moment = moment
        self._act = act
        self.passed = 0
        self.is_dead = False

    def pass_moment(self) -> None:
        """One more moment goes by."""
        if self.is_dead:
            raise Crash
        here, self.passed = self.passed, self.passed + 1
        if here == self._moment:
            self._act()

    @classmethod
    def crash(cls, moment: int | None) -> Interrupter:
        """One that ends the process, for good."""

        def die() -> None:
            interrupter.is_dead = True
            raise Crash

        interrupter = cls(moment, die)
        return interrupter


class InterruptedStore:
    """A ``Store`` whose every call has a moment before and a moment after."""

    def __init__(self, store: Store, interrupter: Interrupter) -> None:
        self.usage: Usage = store.usage
        self._store = store
        self._interrupter = interrupter

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        return self._around(lambda: self._store.get_many(keys))

    def commit(self, writes: Sequence[Write]) -> None:
        self._around(lambda: self._store.commit(writes))

    def query(self, query: Query, cursor: str | None = None) -> Page:
        return self._around(lambda: self._store.query(query, cursor))

    def count(self, query: Query) -> int:
        return self._around(lambda: self._store.count(query))

    def _around(self, call: Callable[[], T]) -> T:
        self._interrupter.pass_moment()
        answer = call()
        self._interrupter.pass_moment()
        return answer


class InterruptedBus:
    """A ``Bus`` whose every call has a moment before and a moment after."""

    def __init__(self, bus: Bus, interrupter: Interrupter) -> None:
        self._bus = bus
        self._interrupter = interrupter

    def publish(self, topic: str, message: Message) -> str:
        self._interrupter.pass_moment()
        message_id = self._bus.publish(topic, message)
        self._interrupter.pass_moment()
        return message_id


class InterruptedHttp:
    """An ``Http`` whose every call has a moment before and a moment after."""

    def __init__(self, http: Http, interrupter: Interrupter) -> None:
        self._http = http
        self._interrupter = interrupter

    def send(self, request: HttpRequest) -> HttpResponse:
        self._interrupter.pass_moment()
        answer = self._http.send(request)
        self._interrupter.pass_moment()
        return answer
