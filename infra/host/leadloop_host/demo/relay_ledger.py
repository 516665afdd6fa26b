"""What a relay did to the messages of each subscription, and what it is doing."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """One subscription: messages acknowledged, and calls of the function."""

    acknowledged: int
    """Messages, each counted once."""
    delivered: int
    """Calls of the function, repeats and redeliveries included."""
    refused: int
    """Calls that did not end in an acknowledgement."""
    repeated: int
    """Calls that the relay added."""
    overtaken: int
    """Messages held back until one that came later for the same subscription had passed."""
    in_flight: int


@dataclass(frozen=True)
class Held:
    """A message that is held back."""

    subscription: str
    message_id: str
    number: int


@dataclass(frozen=True)
class Underway:
    """One moment of a relay."""

    arrivals: int
    """Pushes of the bus so far."""
    at_work: int
    """How many things are under way, the message held back not among them."""
    held: Held | None


class RelayLedger:
    """Counts; safe for threads. Arrivals are numbered from 1 over all subscriptions."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._arrivals = 0
        self._last_passed: Counter[str] = Counter()
        self._held: Held | None = None
        self._seen: defaultdict[str, set[str]] = defaultdict(set)
        self._acknowledged: defaultdict[str, set[str]] = defaultdict(set)
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)

    @contextmanager
    def in_flight(self, subscription: str) -> Iterator[None]:
        """While in the block, something is under way for the subscription."""
        self._count(subscription, in_flight=1)
        try:
            yield
        finally:
            self._count(subscription, in_flight=-1)

    def arrived(self, subscription: str, message_id: str) -> tuple[int, bool]:
        """A push of the bus came: its number, and whether the message is new to the subscription."""
        with self._changed:
            self._arrivals += 1
            is_new = message_id not in self._seen[subscription]
            self._seen[subscription].add(message_id)
            return self._arrivals, is_new

    def called(self, subscription: str, message_id: str, is_acknowledged: bool, is_repeat: bool) -> None:
        """A call of the function ended."""
        with self._changed:
            if is_acknowledged and not is_repeat:  # of a repeat the bus knows nothing
                self._acknowledged[subscription].add(message_id)
        self._count(subscription, delivered=1, refused=not is_acknowledged, repeated=is_repeat)

    def passed(self, subscription: str, number: int) -> None:
        """The arrival of that number was handed on."""
        with self._changed:
            self._last_passed[subscription] = max(self._last_passed[subscription], number)
            if self._held and self._held.subscription == subscription and self._held.number < number:
                self.let_go()

    def hold(self, message: Held, at_most: float) -> None:
        """Return when a later arrival for the subscription was handed on, when let go, or after so many seconds.

        Only one message is held at a time: for a second one it returns at once.
        """
        with self._changed:
            if self._held is not None:
                return
            self._held = message
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: self._held is not message, at_most):
                self.let_go()
            self._count(message.subscription, overtaken=self._last_passed[message.subscription] > message.number)

    def let_go(self) -> None:
        """Let the message go that is held back."""
        with self._changed:
            self._held = None
            self._changed.notify_all()

    def has_overtaken(self, subscription: str) -> bool:
        """Whether any message of the subscription was overtaken so far."""
        with self._changed:
            return self._counts[subscription]["overtaken"] > 0

    @property
    def underway(self) -> Underway:
        """What came so far and is not done with."""
        with self._changed:
            in_flight = sum(counts["in_flight"] for counts in self._counts.values())
            return Underway(self._arrivals, in_flight - bool(self._held), self._held)

    @property
    def arrivals(self) -> int:
        """How many pushes of the bus came so far."""
        return self.underway.arrivals

    def acknowledged(self, subscription: str) -> frozenset[str]:
        """Ids of the messages that the subscription's function has acknowledged."""
        with self._changed:
            return frozenset(self._acknowledged[subscription])

    def accounts(self) -> dict[str, Account]:
        """Every subscription that something came for."""
        with self._changed:
            return {name: self._account(name) for name in sorted(self._counts)}

    def _account(self, name: str) -> Account:
        counts = self._counts[name]
        return Account(
            acknowledged=len(self._acknowledged[name]),
            delivered=counts["delivered"],
            refused=counts["refused"],
            repeated=counts["repeated"],
            overtaken=counts["overtaken"],
            in_flight=counts["in_flight"],
        )

    def _count(self, subscription: str, **changes: int) -> None:
        with self._changed:
            self._counts[subscription].update(changes)
            self._changed.notify_all()
