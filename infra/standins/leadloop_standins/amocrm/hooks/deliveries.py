"""The queue of POSTs: what is due, what came of each attempt, and what never left. Times are domain time."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..crm.account import Account
from ..settings import Switches
from .bodies import Hook, hook_body, hooks_for
from .retries import is_accepted, must_switch_off, pause_before_next
from .subscriptions import Subscriptions, Webhook

State = Literal["due", "delivered", "failed", "lost", "dropped"]


@dataclass(frozen=True)
class Attempt:
    """One try; code 0 is no answer."""

    at: int
    code: int


@dataclass
class Delivery:
    """A body on its way to one destination; the same bytes at every attempt.

    `lost` never left, by a switch; `dropped` was waiting when its webhook was switched off or removed.
    """

    id: int
    webhook_id: int
    destination: str
    body: str
    hooks: tuple[str, ...]
    created_at: int
    due_at: int
    request_id: str
    state: State = "due"
    attempts: list[Attempt] = field(default_factory=list)


class Deliveries:
    """Everything ever queued. Not thread-safe: the stand-in's lock guards it."""

    def __init__(self, subscriptions: Subscriptions, switches: Switches) -> None:
        self.subscriptions = subscriptions
        self.all: list[Delivery] = []
        self._switches = switches

    def queue_changes(self, account: Account, now: int) -> None:
        """Takes what has changed and queues the bodies that tell of it, for every webhook that asked."""
        hooks = hooks_for(account, account.changes)
        account.changes.clear()
        for webhook in self.subscriptions.by_destination.values():
            wanted = [hook for hook in hooks if hook.setting in webhook.settings]
            if wanted and not webhook.disabled:
                for group in self._groups(wanted):
                    self.queue_body(webhook, hook_body(account, group), [hook.summary for hook in group], now)

    def queue_body(self, webhook: Webhook, body: str, summaries: Sequence[str], now: int) -> None:
        """Queues one body, twice or not at all if a switch says so."""
        due_at = now + self._switches.number("delay_webhooks_seconds")
        lost = self._is_lost()
        for _ in range(2 if self._switches.on("send_webhooks_twice") and not lost else 1):
            number = len(self.all) + 1
            request_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"amocrm delivery {number}"))
            delivery = Delivery(
                number, webhook.id, webhook.destination, body, tuple(summaries), now, due_at, request_id
            )
            delivery.state = "lost" if lost else "due"
            self.all.append(delivery)

    def due(self, now: int) -> list[Delivery]:
        """What is to be posted now, in the order in which to post it."""
        ready = [delivery for delivery in self.all if delivery.state == "due" and delivery.due_at <= now]
        ready.sort(key=lambda delivery: (delivery.due_at, delivery.id))
        return ready[::-1] if self._switches.on("reorder_webhooks") else ready

    def settle(self, delivery: Delivery, code: int, now: int) -> None:
        """Notes the result of an attempt and decides what follows from it."""
        delivery.attempts.append(Attempt(now, code))
        if is_accepted(code):
            delivery.state = "delivered"
            return
        pause = pause_before_next(len(delivery.attempts), code)
        delivery.state = "failed" if pause is None else "due"
        delivery.due_at = now + (pause or 0)
        self._count_failure(delivery, now)

    def drop_waiting(self, webhook_id: int) -> None:
        """Nothing more is sent to a webhook that is off or gone, and nothing is sent later either."""
        for delivery in self.all:
            if delivery.webhook_id == webhook_id and delivery.state == "due":
                delivery.state = "dropped"

    def _count_failure(self, delivery: Delivery, now: int) -> None:
        webhook = self.subscriptions.by_destination.get(delivery.destination)
        if webhook is None:
            return
        webhook.failures.append(now)
        if must_switch_off(webhook.failures, now):
            webhook.disabled = True
            self.drop_waiting(webhook.id)

    def _groups(self, hooks: list[Hook]) -> list[list[Hook]]:
        return [hooks] if self._switches.on("group_webhooks") else [[hook] for hook in hooks]

    def _is_lost(self) -> bool:
        return self._switches.spend("lose_next_webhooks") or self._switches.on("lose_all_webhooks")
