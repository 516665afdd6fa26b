"""The machine that leadloop runs on: one process after another on the same documents and messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from werkzeug.test import TestResponse

from faults.plans import Occasion, Plan
from faults.storage import Documents, Messages
from faults.touches import Call, Moment, TouchedBus, TouchedHttp, TouchedStore
from leadloop.adapters.memory_log import MemoryLog
from leadloop.adapters.seeded_entropy import SeededEntropy
from leadloop.manifest import Manifest
from leadloop.messages import Message
from leadloop.policy import Policy
from leadloop.ports.bus import PublishFailed
from leadloop.ports.clock import Clock
from leadloop.ports.http import Http
from leadloop.ports.store import Document, Key, Page, Query, Store, StoreUnavailable, Usage, Write
from leadloop.runtime import Runtime, using
from simulation.system import application
from support.interruptions import Crash
from support.watched_store import WatchedStore

_ACCOUNTED_FOR = frozenset(
    ("metrica_unavailable", "upload_overdue", "crm_unreadable", "crm_entity_unreadable", "message_dead_lettered")
)
"""What the incidents of the story and the mishaps beside it bring about. All of it heals."""


class Published(NamedTuple):
    """A message that is on the bus for good."""

    topic: str
    message: Message


class Machine:
    """Calls functions as the plan lets them live. A death ends everything that was open."""

    def __init__(
        self,
        plan: Plan,
        policy: Policy,
        manifest: Manifest,
        environment: Mapping[str, str],
        clock: Clock,
        documents: Documents,
        messages: Messages,
        http: Http,
    ) -> None:
        self.manifest = manifest
        self.policy = policy
        self.messages = messages
        self.log = MemoryLog()
        self.published: list[Published] = []
        self.bus_is_down = False
        self.without_store: frozenset[str] = frozenset()
        """Functions that cannot reach the store."""
        self.places: dict[Moment, list[tuple[int, int]]] = {}
        """Moments that calls came to: at which call of their function, and where in it."""
        self.deaths: Counter[Moment] = Counter()
        self.calls: Counter[str] = Counter()
        self.variables: set[tuple[str, str]] = set()
        """Function, and an environment variable that it looked at."""
        self.written: Counter[str] = Counter()
        """How often each collection was written to, by whomever."""
        self._plan = plan
        self._environment = environment
        self._clock = clock
        self._documents = documents
        self._http = http
        self._entropy = SeededEntropy(1)
        self._deaths_in_a_row: Counter[tuple[str, str]] = Counter()
        self.store: Store = WatchedStore(documents.open(), self._count)

    def call(self, function: str, cause: str, path: str = "/", **request: Any) -> TestResponse:  # noqa: ANN401
        """POST to a function. ``cause`` names what comes again if it dies: raises ``Crash``, in a new process."""
        occasion = Occasion(function, self.calls[function], self._deaths_in_a_row[function, cause])
        self.calls[function] += 1
        call = Call(function, partial(self._plan.dies, occasion))
        try:
            with using(self._process(call)):
                answer = application(function).test_client().post(path, **request)
        except Crash:
            self._bury(call, cause)
            raise
        finally:
            for place, moment in enumerate(call.moments):
                self.places.setdefault(moment, []).append((occasion.number, place))
        del self._deaths_in_a_row[function, cause]
        return answer

    def onlooker(self) -> Runtime:
        """A runtime that nothing happens to."""
        return self._process(None)

    def defects(self) -> list[str]:
        """Errors in the log that no death and no vendor's failure accounts for."""
        unexpected = [one for one in self.log.entries if one.severity == "ERROR" and one.event not in _ACCOUNTED_FOR]
        return [f"the log says {one.event}: {one.details}" for one in unexpected]

    def close(self) -> None:
        """The end of the play."""
        self._documents.close()
        self.messages.close()

    def _bury(self, call: Call, cause: str) -> None:
        assert call.died_at is not None
        self.deaths[call.died_at] += 1
        self._deaths_in_a_row[call.function, cause] += 1
        self._documents.close()
        self.store = WatchedStore(self._documents.open(), self._count)
        self.messages.forget()

    def _count(self, writes: Sequence[Write]) -> None:
        self.written.update({write.key.collection for write in writes})

    def _process(self, call: Call | None) -> Runtime:
        process = Runtime(Noticed(self._environment, call, self.variables) if call else self._environment)
        process.policy, process.manifest = self.policy, self.manifest
        process.clock, process.entropy, process.log = self._clock, self._entropy, self.log
        process.bus, process.store, process.http = _Noted(self), self.store, self._http
        if call is not None:
            store = _NoStore() if call.function in self.without_store else self.store
            process.store = TouchedStore(store, call)
            process.bus = TouchedBus(process.bus, call)
            process.http = TouchedHttp(self._http, call)
        return process


class _Noted:
    """A ``Bus`` that somebody outside keeps a list of, and that may be down."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def publish(self, topic: str, message: Message) -> str:
        if self._machine.bus_is_down:
            raise PublishFailed(f"{message.type} is not on {topic}: the bus is down")
        message_id = self._machine.messages.bus.publish(topic, message)
        self._machine.published.append(Published(topic, message))
        return message_id


class Noticed(dict[str, str]):
    """An environment that notes what a call looks at."""

    def __init__(self, environment: Mapping[str, str], call: Call, noted: set[tuple[str, str]]) -> None:
        super().__init__(environment)
        self._function, self._noted = call.function, noted

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as of any ``dict``
        self._noted.add((self._function, name))
        return super().get(name, default)

    def __getitem__(self, name: str) -> str:
        self._noted.add((self._function, name))
        return super().__getitem__(name)


class _NoStore:
    """A ``Store`` that cannot be reached."""

    usage = Usage()

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        raise StoreUnavailable("the store cannot be reached")

    def commit(self, writes: Sequence[Write]) -> None:
        raise StoreUnavailable("the store cannot be reached")

    def query(self, query: Query, cursor: str | None = None) -> Page:
        raise StoreUnavailable("the store cannot be reached")

    def count(self, query: Query) -> int:
        raise StoreUnavailable("the store cannot be reached")
