"""The queue of requests: what is due, what came of each attempt, and what never left. Times are domain time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from ...switches import Switches
from ..tracker.account import Account, Happening
from .macros import macro_values
from .templates import Template, Written, written

State = Literal["due", "delivered", "failed", "lost"]


@dataclass(frozen=True)
class Attempt:
    """One try; code 0 is no answer."""

    at: int
    code: int


@dataclass
class Delivery:
    """A notification on its way, the same at every attempt. `lost` never left, by a switch.

    A call is booked as it rings, so what tells of its end is written when that has come: `written` is None until then.
    """

    id: int
    template_id: int
    tells_of: str
    communication_id: int | None
    method: str
    write: Callable[[], Written]
    created_at: int
    due_at: int
    written: Written | None = None
    state: State = "due"
    attempts: list[Attempt] = field(default_factory=list)


class Deliveries:
    """Everything ever queued. Not thread-safe: the stand-in's lock guards it."""

    def __init__(self, switches: Switches) -> None:
        self.templates: dict[int, Template] = {}
        self.all: list[Delivery] = []
        self._switches = switches

    def queue_happenings(self, account: Account) -> None:
        """Takes what has happened and queues a request for every template that is on and tells of it."""
        happenings = list(account.happenings)
        account.happenings.clear()
        for happening in happenings:
            for template in self.templates.values():
                if template.is_on and template.event == happening.event:
                    write = partial(self._write, account, template, happening)
                    self._queue(template, write, happening.event, happening.communication.id, happening.at)

    def queue_body(self, template: Template, body: str, now: int) -> None:
        """Queues a body as it is."""
        self._queue(template, lambda: Written(template.url, template.headers, body), "as given", None, now)

    def write_down(self, now: int) -> None:
        """Fills in the macros of all that has come by now; asked before anything changes."""
        for delivery in self.all:
            if delivery.written is None and delivery.created_at <= now:
                delivery.written = delivery.write()

    def due(self, now: int) -> list[Delivery]:
        """What is to be sent now, in the order in which to send it."""
        self.write_down(now)
        ready = [delivery for delivery in self.all if delivery.state == "due" and delivery.due_at <= now]
        ready.sort(key=lambda delivery: (delivery.due_at, delivery.id))
        return ready[::-1] if self._switches.on("reorder_notifications") else ready

    def settle(self, delivery: Delivery, code: int, now: int) -> None:
        """Notes the result of an attempt; what fails is tried again as often as the settings say."""
        delivery.attempts.append(Attempt(now, code))
        if 200 <= code <= 299:
            delivery.state = "delivered"
        elif len(delivery.attempts) > self._switches.number("notification_retries"):
            delivery.state = "failed"
        else:
            delivery.due_at = now + self._switches.number("notification_retry_seconds")

    def _write(self, account: Account, template: Template, happening: Happening) -> Written:
        values = macro_values(account, template, happening)
        bare = self._switches.text("macros_in_urls") == "bare"
        return written(template, values, escape_letters=self._switches.on("escape_letters"), bare_in_url=bare)

    def _queue(
        self, template: Template, write: Callable[[], Written], told: str, communication_id: int | None, at: int
    ) -> None:
        due_at = at + self._switches.number("delay_notifications_seconds")
        is_lost = self._switches.spend("lose_next_notifications") or self._switches.on("lose_all_notifications")
        for _ in range(2 if self._switches.on("send_notifications_twice") and not is_lost else 1):
            number = len(self.all) + 1
            delivery = Delivery(number, template.id, told, communication_id, template.method, write, at, due_at)
            delivery.state = "lost" if is_lost else "due"
            self.all.append(delivery)
