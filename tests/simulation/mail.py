"""Delivery of messages as Pub/Sub pushes them: at least once, in any order, again after a refusal, dead at last."""

from __future__ import annotations

from dataclasses import dataclass, replace

from leadloop import timestamps
from leadloop.messages import encode, wrap_push
from simulation.system import System
from simulation.trouble import Trouble
from support.interruptions import Crash
from support.world import MANIFEST

DEAD_LETTERS = "dead-letters"
_ENOUGH = 5000


class NeverQuiet(AssertionError):
    """Messages beget messages without end."""


@dataclass(frozen=True)
class Letter:
    """A message on its way to one function."""

    function: str
    topic: str
    message_id: str
    body: bytes
    attempt: int = 1
    source: str = ""
    """Of a dead letter: whom it could not be delivered to."""


class Mail:
    """What was published and is not acknowledged yet. It outlives every process."""

    def __init__(self, system: System, trouble: Trouble, journal: list[str]) -> None:
        self.waiting: list[Letter] = []
        self.delivered = 0
        self._system = system
        self._trouble = trouble
        self._journal = journal
        self._collected = 0
        self._all_refused = False

    def collect(self) -> None:
        """Take in what was published."""
        published = self._system.queue.published
        for one in published[self._collected :]:
            for function in MANIFEST.subscriptions()[one.topic]:
                self.waiting.append(Letter(function, one.topic, one.id, encode(one.message)))
        self._collected = len(published)

    def bring_again(self, function: str) -> None:
        """Deliver once more what a function was delivered before."""
        for one in self._system.queue.published:
            if function in MANIFEST.subscriptions()[one.topic]:
                self.waiting.append(Letter(function, one.topic, one.id, encode(one.message)))

    def settle(self) -> None:
        """Deliver, and what follows, until nothing is left, or only what is refused."""
        for _ in range(_ENOUGH):
            self.collect()
            self._all_refused = True
            refused = self._pass()
            self.waiting += refused
            self.collect()
            if not self.waiting or self._all_refused:
                return
        raise NeverQuiet(f"{len(self.waiting)} messages wait after {self.delivered} deliveries")

    def _pass(self) -> list[Letter]:
        """Deliver each letter once; returns those to be delivered again."""
        refused: list[Letter] = []
        batch, self.waiting = self.waiting, []
        self._trouble.shuffle(batch)
        for letter in batch:
            copies = 2 if self._trouble.happens("doubled message") else 1
            for _ in range(copies):
                refused += self._deliver(letter)
        return refused

    def _deliver(self, letter: Letter) -> list[Letter]:
        """Hand over one letter; what is to be delivered again."""
        self.delivered += 1
        interrupter = self._trouble.interrupter(letter.function)
        try:
            answer = self._system.call(
                letter.function,
                interrupter=interrupter,
                data=self.envelope(letter),
                content_type="application/json",
            )
        except Crash:
            self._journal.append(f"    {letter.function} died with message {letter.message_id}")
            self._system.restart()
            self._all_refused = False
            return [replace(letter, attempt=letter.attempt + 1)]
        if answer.status_code not in (200, 204):
            self._journal.append(f"    {letter.function} refused message {letter.message_id}: {answer.status_code}")
            return [self._again(letter)]
        self._all_refused = False
        return [letter] if self._trouble.happens("lost acknowledgement") else []

    def _again(self, letter: Letter) -> Letter:
        if letter.attempt < MANIFEST.delivery.max_attempts or letter.topic == DEAD_LETTERS:
            return replace(letter, attempt=letter.attempt + 1)
        return replace(letter, function="keep-dead-letter", topic=DEAD_LETTERS, attempt=1, source=letter.function)

    def envelope(self, letter: Letter) -> bytes:
        """The letter as it is pushed."""
        now = timestamps.to_text(self._system.clock.now())
        attributes = {}
        if letter.source:
            attributes = {
                "CloudPubSubDeadLetterSourceSubscription": letter.source,
                "CloudPubSubDeadLetterSourceDeliveryCount": str(MANIFEST.delivery.max_attempts),
            }
        return wrap_push(letter.body, letter.message_id, now, attributes, letter.function, letter.attempt)
