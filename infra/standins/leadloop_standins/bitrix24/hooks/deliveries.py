"""The queue of POSTs. Each leaves once: what is not answered with success is logged as failed and gone."""

from bisect import bisect_right, insort
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..portal.portal import Portal
from ..settings import Switches
from .bodies import event_body, filled_address, robot_body
from .subscriptions import EVENTS, OutgoingWebhook, Robot, Subscriptions

State = Literal["due", "delivered", "failed", "lost"]


@dataclass
class Delivery:
    """A POST on its way; its body is written when it leaves. Code 0 is no answer."""

    id: int
    destination: str
    tells_of: str
    created_at: int
    due_at: int
    compose: Callable[[int], str]
    state: State = "due"
    body: str = ""
    sent_at: int | None = None
    code: int | None = None

    def depart(self, now: int) -> str:
        """Writes the body as it leaves at that moment, and gives it."""
        self.body, self.sent_at = self.compose(now), now
        return self.body


class Deliveries:
    """Everything ever queued. Not thread-safe: the stand-in's lock guards it."""

    def __init__(self, subscriptions: Subscriptions, switches: Switches) -> None:
        self.subscriptions = subscriptions
        self.all: list[Delivery] = []
        self._waiting: list[Delivery] = []
        self._switches = switches

    def queue_changes(self, portal: Portal, now: int) -> None:
        """Takes what has changed and queues a POST per event and webhook, and per entry of a stage and robot."""
        for event in portal.events:
            for webhook in self.subscriptions.webhooks:
                if event.name in webhook.events and event.name in EVENTS:
                    self.queue_event(portal, webhook, event.name, event.record_id, now)
        for entry in portal.entries:
            for robot in self.subscriptions.robots:
                if (robot.kind_name, robot.stage) == (entry.kind.name, entry.stage):
                    self._queue_robot(portal, robot, entry.record_id, now)
        portal.events.clear()
        portal.entries.clear()

    def queue_event(
        self, portal: Portal, webhook: OutgoingWebhook, name: str, record_id: int, now: int, token: str | None = None
    ) -> None:
        """One event; with a token of its own it carries that one."""
        known = webhook.application_token if token is None else token
        chosen = None if self._switches.spend("wrong_token_next_webhooks") else known
        self._queue(
            webhook.destination,
            f"{name} {record_id}",
            now,
            lambda at: event_body(portal, name, record_id, webhook.id, chosen, at),
        )

    def due(self, now: int) -> list[Delivery]:
        """The one to be posted now, its body written: one at a time, for a mass edit leaves thousands waiting."""
        ready = bisect_right(self._waiting, now, key=lambda one: one.due_at)
        if not ready:
            return []
        chosen = self._waiting[ready - 1 if self._switches.on("reorder_webhooks") else 0]
        chosen.depart(now)
        return [chosen]

    def settle(self, delivery: Delivery, code: int, now: int) -> None:  # noqa: ARG002 - the time of leaving is kept
        """Notes the answer. There is no second attempt."""
        self._waiting.remove(delivery)
        delivery.code = code
        delivery.state = "delivered" if 200 <= code <= 299 else "failed"

    def _queue_robot(self, portal: Portal, robot: Robot, record_id: int, now: int) -> None:
        kind = next(kind for kind in portal.records if kind.name == robot.kind_name)
        record = portal.records[kind][record_id]
        token = None if self._switches.spend("wrong_token_next_webhooks") else robot.application_token
        address = filled_address(portal, robot.destination, record)
        self._queue(address, f"robot {record.kind.upper}_{record_id}", now, lambda _: robot_body(portal, record, token))

    def _queue(self, destination: str, tells_of: str, now: int, compose: Callable[[int], str]) -> None:
        lost = self._switches.spend("lose_next_webhooks") or self._switches.on("lose_all_webhooks")
        due_at = now + self._switches.number("delay_webhooks_seconds")
        for _ in range(2 if self._switches.on("send_webhooks_twice") and not lost else 1):
            delivery = Delivery(len(self.all) + 1, destination, tells_of, now, due_at, compose)
            self.all.append(delivery)
            if lost:
                delivery.state = "lost"
            else:
                insort(self._waiting, delivery, key=lambda one: one.due_at)
