"""The demo's world without processes and sockets: its functions, deliveries, schedules, webhooks and time.

The demo's own player plays in it. Whatever dies comes again as it would: a visitor sends the form again, the CRM
posts its webhook again, the bus delivers again, the schedule's next time comes; and time passes for leases to end.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from werkzeug.test import Client, TestResponse

from faults.machine import Machine
from faults.plans import Plan
from faults.wire import InProcess
from leadloop import timestamps
from leadloop.adapters.sqlite_deliveries import Delivery
from leadloop.leads.lead import Lead
from leadloop.messages import Message, wrap_push
from leadloop.policy import Policy
from leadloop.ports.store import Document, Key, Query
from leadloop.queries import every_document
from leadloop.runtime import Runtime
from leadloop_host.backoff import retry_delay
from leadloop_host.demo.world import World
from leadloop_host.dispatcher import ACKNOWLEDGING, DEAD_LETTER_TOPIC, consumers
from leadloop_host.schedules import Schedule, schedules_of
from leadloop_host.triggers import scheduler_headers
from leadloop_standins.amocrm.hooks.deliveries import Delivery as Hook
from leadloop_standins.amocrm.stand_in import AmoCrmStandIn
from leadloop_standins.stand_in import StandIn
from support.interruptions import Crash
from support.settable_clock import SettableClock

_NO_ANSWER = 0
_MOST_ROUNDS = 2000
_SOON = timedelta(seconds=2)
"""The first back-off of the bus, when it sees at once that nobody answers."""


class OpenEnds(NamedTuple):
    """What is still to come of a lead, as it rests."""

    pending: tuple[str, ...]
    """Goals that wait to be claimed; without any id, they wait until they are too old."""
    contact_term_from: datetime | None

    @classmethod
    def of(cls, document: Document, policy: Policy) -> OpenEnds:
        lead = Lead.of(document)
        state = lead.state(policy)
        pending = tuple(map(str, lead.pending(policy, state))) if state.weak_ids else ()
        return cls(pending, state.contact_term_from)


class NeverQuiet(AssertionError):
    """One thing follows from another without end."""


class Company(World):
    """A ``World`` in this process, for the demo's player."""

    def begin(self, machine: Machine, plan: Plan, clock: SettableClock, stand_ins: dict[str, StandIn]) -> None:
        """Let the functions run on a machine. ``stand_ins`` by vendor."""
        self.machine = machine
        self.plan = plan
        self.clock = clock
        self.stand_ins = stand_ins
        self.session = requests.Session()
        self.session.mount("http://", InProcess(self._answer))
        self._consumers = consumers(machine.manifest)
        self._next = {
            one: one.first_after(clock.now()) for one in schedules_of(machine.manifest, self.policy.schedules)
        }
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()
        self._hooks_seen = 0
        self._read: dict[str, tuple[int, list[Document]]] = {}
        self._open_ends: dict[tuple[Key, str], OpenEnds] = {}
        self.answered: list[str] = []
        """Event ids of forms that were answered 2xx."""

    # time

    def set_clock(self, instant: datetime) -> None:
        """Let time pass until then, with all that is due on the way. Nothing is done if it is later already."""
        while self._agenda and self._agenda[0][0] <= instant:
            at, _, act = heapq.heappop(self._agenda)
            self._move_on(at)
            act()
            self._settle()
        self._move_on(instant)

    def live(self, length: timedelta) -> None:
        """Let so much time pass."""
        self.set_clock(self.clock.now() + length)
        self.wait_until_quiet()

    def at(self, instant: datetime, act: Callable[[], None] = lambda: None) -> None:
        """Do something at that instant, and see what is to be delivered then; schedules do not fire for it."""
        heapq.heappush(self._agenda, (instant, next(self._order), act))

    def wait_until_quiet(self) -> None:
        """Deliver messages and webhooks and fire schedules until nothing is due."""
        self._settle()
        for schedule in [schedule for schedule, at in self._next.items() if at <= self.clock.now()]:
            self._fire(schedule)
            self._settle()

    def _settle(self) -> None:
        """Deliver messages and webhooks until none is due."""
        for _ in range(_MOST_ROUNDS):
            if not (self._deliver() or self._post_hooks()):
                return
        raise NeverQuiet

    def _move_on(self, instant: datetime) -> None:
        self.now = max(instant, self.clock.now())
        self.clock.set(self.now)

    # what an auditor is shown

    def documents(self, collection: str) -> list[Document]:
        """Every document of a collection, by id. Read once for as long as nobody writes there: it is asked often."""
        writes = self.machine.written[collection]
        known = self._read.get(collection)
        if known is None or known[0] != writes:
            found = sorted(every_document(self.machine.store, Query(collection)), key=lambda document: document.key)
            self._read[collection] = known = (writes, found)
        return known[1]

    def open_ends(self) -> Iterator[tuple[str, OpenEnds]]:
        """Each lead's id and what is not at its end about it."""
        for document in self.documents("lead"):
            version = document.key, document.version
            if version not in self._open_ends:
                self._open_ends[version] = OpenEnds.of(document, self.policy)
            yield document.key.id, self._open_ends[version]

    def read_afresh(self) -> None:
        """What rests is read from the store, whatever was known of it."""
        self._read.clear()
        self._open_ends.clear()

    def published(self) -> list[Message]:
        """Every message that was ever on the bus."""
        return [one.message for one in self.machine.published]

    def answered_events(self) -> list[str]:
        """Event ids of the forms that were answered 2xx."""
        return self.answered

    def metrica_book(self) -> dict[str, Any]:
        """Metrica's own ledger."""
        return self.stand_ins["metrica"].ledger()

    def onlooker(self) -> Runtime:
        """A runtime on which nothing dies."""
        return self.machine.onlooker()

    # callers

    def order(self, stand_in: str, path: str, body: object) -> Any:  # noqa: ANN401 - as the demo's
        """As the demo's; webhooks have been posted already."""
        return {"posted": 0} if path == "webhooks/pump" else super().order(stand_in, path, body)

    def change_crm(self, **settings: object) -> None:
        """Turn switches of the CRM."""
        self.stand_ins["amocrm"].change_settings(settings)

    def _answer(self, request: requests.PreparedRequest) -> TestResponse:
        parts = urlsplit(str(request.url))
        sent: dict[str, Any] = {"data": request.body, "headers": dict(request.headers)}
        for vendor, base in (("metrica", self.metrica), ("amocrm", self.amocrm)):
            if base == f"{parts.scheme}://{parts.netloc}":
                return Client(self.stand_ins[vendor]).open(parts.path, method=str(request.method), **sent)
        _, function, *rest = parts.path.split("/", 2)
        answer = self._send_until_answered(function, f"/{''.join(rest)}", **sent)
        if function == "capture-lead" and answer.status_code == 200:
            self.answered.append(answer.get_json()["event_id"])
            self._move_on(self.clock.now() + timedelta(seconds=1))  # nobody clicks twice at one instant
        return answer

    def _send_until_answered(self, function: str, path: str, **sent: Any) -> TestResponse:  # noqa: ANN401 - as ``call``
        """A visitor's browser sends a form again, as it was, when it gets no answer."""
        while True:
            try:
                return self.machine.call(function, "form", path, **sent)
            except Crash:
                continue

    def _post_hooks(self) -> bool:
        """Post what amoCRM has to tell now; whether there was anything."""
        amocrm = self.stand_ins["amocrm"]
        assert isinstance(amocrm, AmoCrmStandIn)
        now, deliveries = amocrm.unix_now(), amocrm.deliveries
        due = deliveries.due(now)
        for hook in due:
            deliveries.settle(hook, self._post_hook(hook), now)
        for hook in deliveries.all[self._hooks_seen :]:
            self.at(timestamps.from_unix(hook.due_at))
        self._hooks_seen = len(deliveries.all)
        for hook in due:
            if hook.state == "due":
                self.at(timestamps.from_unix(hook.due_at))
        return bool(due)

    def _post_hook(self, hook: Hook) -> int:
        _, function, rest = urlsplit(hook.destination).path.split("/", 2)
        sent = {"data": hook.body.encode(), "content_type": "application/x-www-form-urlencoded"}
        try:
            return self.machine.call(function, f"webhook {hook.id}", f"/{rest}", **sent).status_code
        except Crash:
            return _NO_ANSWER

    def _fire(self, schedule: Schedule) -> None:
        """Fire a schedule, once however often it was missed. After a death its next time is kept to the minute."""
        now = self.clock.now()
        self._next[schedule] = schedule.first_after(now)
        try:
            answer = self.machine.call(schedule.function, "schedule", headers=scheduler_headers(schedule.function, now))
            assert answer.status_code == 200, (schedule.function, answer.get_data(as_text=True))
        except Crash:
            self.at(self._next[schedule], lambda: self._fire_if_due(schedule))

    def _fire_if_due(self, schedule: Schedule) -> None:
        if self._next[schedule] <= self.clock.now():
            self._fire(schedule)

    # the bus

    def _deliver(self) -> bool:
        """Deliver what is due, one of each consumer; whether there was anything."""
        now = self.clock.now()
        found = False
        for name, function in self._consumers.items():
            for delivery in self.machine.messages.deliveries.claim(now, 1, function.lease_seconds, name):
                found = True
                self._hand_over(delivery, timedelta(seconds=function.lease_seconds))
        return found

    def _hand_over(self, delivery: Delivery, lease: timedelta) -> None:
        envelope = wrap_push(
            delivery.body,
            delivery.message_id,
            delivery.published_at,
            delivery.attributes,
            delivery.subscription,
            delivery.attempt,
        )
        try:
            answer = self.machine.call(
                delivery.subscription, delivery.message_id, data=envelope, content_type="application/json"
            )
        except Crash:
            self._bring_again(delivery, _SOON if self.plan.redelivers_soon else lease)
            return
        if answer.status_code in ACKNOWLEDGING:
            self.machine.messages.deliveries.ack(delivery.id)
        else:
            self._refused(delivery, answer.status_code)

    def _bring_again(self, delivery: Delivery, after: timedelta) -> None:
        again = self.clock.now() + after
        self.machine.messages.deliveries.nack(delivery.id, again)
        self.at(again)

    def _refused(self, delivery: Delivery, status: int) -> None:
        retries = self.machine.manifest.delivery
        if delivery.attempt < retries.max_attempts or delivery.topic == DEAD_LETTER_TOPIC:
            self._bring_again(delivery, timedelta(seconds=retry_delay(retries, delivery.attempt, 0.0)))
            return
        self.machine.messages.deliveries.dead_letter(delivery.id, f"status {status}", self.clock.now())
