"""Delivers messages as Pub/Sub push does: POST, back-off, bounded attempts, dead letters; at least once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from time import monotonic

from leadloop.adapters.file_clock import ClockUnreadable
from leadloop.adapters.sqlite_bus import Deliveries, Delivery
from leadloop.manifest import Function, Manifest
from leadloop.messages import wrap_push
from leadloop.ports.clock import Clock
from leadloop.ports.entropy import Entropy
from leadloop.ports.log import Log
from leadloop.ports.store import StoreUnavailable
from leadloop_host.backoff import chance, longest_delay, retry_delay
from leadloop_host.loopback import CallFailed, Loopback
from leadloop_host.routing import Running

DEAD_LETTER_TOPIC = "dead-letters"

ACKNOWLEDGING = frozenset({102, 200, 201, 202, 204})
"""Any other status asks for redelivery (https://cloud.google.com/pubsub/docs/push#receive_push)."""

STEP_BACK_TOLERATED = timedelta(minutes=1)
"""A clock set back further may have left messages waiting for times that are now far away."""

_SETTLE_AGAIN_AFTER = 0.25


class Dispatcher:
    """Claims what is due for each consumer, as much as that consumer may work on at once, and hands it over.

    Every consumer has its own limit and every delivery its own thread, so a slow consumer delays none
    but itself. What the claims of a killed host left leased is taken back by ``prepare``.
    """

    def __init__(
        self,
        deliveries: Deliveries,
        manifest: Manifest,
        clock: Clock,
        entropy: Entropy,
        loopback: Loopback,
        running: Running,
        log: Log,
    ) -> None:
        self._deliveries = deliveries
        self._consumers = consumers(manifest)
        self._retries = manifest.delivery
        self._clock = clock
        self._entropy = entropy
        self._loopback = loopback
        self._running = running
        self._log = log
        self._in_flight: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._last_seen: datetime | None = None
        self.on_free: Callable[[], None] = lambda: None
        """Called when a delivery has ended and its consumer can take another."""

    def prepare(self) -> None:
        """Take back every lease: the lock on the data directory says that no other host is alive."""
        released = self._release(self._clock.now())
        self._log.info("deliveries_taken_back", count=released)

    def tick(self) -> None:
        """Start a delivery of everything due that its consumer has room for. Raises ``StoreUnavailable``."""
        now = self._clock.now()
        if not self._is_steady(now):
            return
        for name, function in self._consumers.items():
            # calls outlive their delivery when they overrun the time-out; they still take up their place
            room = limit(function) - max(self._in_flight[name], self._running.of(name))
            if room > 0:
                for delivery in self._deliveries.claim(now, room, function.lease_seconds, name):
                    self._hand_over(delivery, function)

    def is_idle(self) -> bool:
        """Whether no delivery is under way."""
        with self._changed:
            return not self._in_flight.total()

    def drain(self, until: float) -> None:
        """Wait for the deliveries under way, but not beyond ``until`` (monotonic), then give the rest back."""
        with self._changed:
            self._changed.wait_for(lambda: not self._in_flight.total(), until - monotonic())
        self._stopping.set()
        self._release(self._clock.now())

    def _is_steady(self, now: datetime) -> bool:
        """Whether messages may be claimed; after the clock was set back, only once all waits are made short again."""
        set_back = self._last_seen is not None and self._last_seen - now > STEP_BACK_TOLERATED
        if set_back:
            if self._in_flight.total():
                return False
            released = self._release(now)
            self._log.warning("clock_set_back", deliveries_brought_forward=released, now=str(now))
        self._last_seen = now
        return True

    def _release(self, now: datetime) -> int:
        return self._deliveries.release(now, timedelta(seconds=longest_delay(self._retries)))

    def _hand_over(self, delivery: Delivery, function: Function) -> None:
        with self._changed:
            self._in_flight[delivery.subscription] += 1
        threading.Thread(target=self._deliver, args=(delivery, function.timeout), daemon=True).start()

    def _deliver(self, delivery: Delivery, timeout: float) -> None:
        try:
            fault = self._push(delivery, timeout)
            self._settle(delivery, fault)
        finally:
            with self._changed:
                self._in_flight[delivery.subscription] -= 1
                self._changed.notify_all()
            self.on_free()

    def _push(self, delivery: Delivery, timeout: float) -> str | None:
        """POST the envelope; why it was not acknowledged, or ``None``."""
        envelope = wrap_push(
            delivery.body,
            delivery.message_id,
            delivery.published_at,
            delivery.attributes,
            f"projects/local/subscriptions/{delivery.subscription}",
            delivery.attempt,
        )
        headers = {"Content-Type": "application/json", "User-Agent": "CloudPubSub-Google"}
        try:
            status = self._loopback.post(delivery.subscription, envelope, headers, timeout)
        except CallFailed as failed:
            return str(failed)
        return None if status in ACKNOWLEDGING else f"status {status}"

    def _settle(self, delivery: Delivery, fault: str | None) -> None:
        """Record the outcome, however long the disk refuses; killed before that, the message comes again."""
        while True:
            try:
                self._record(delivery, fault)
            except (StoreUnavailable, ClockUnreadable) as unavailable:
                self._log.warning("delivery_not_recorded", message_id=delivery.message_id, found=str(unavailable))
                if self._stopping.wait(_SETTLE_AGAIN_AFTER):
                    return
            else:
                return

    def _record(self, delivery: Delivery, fault: str | None) -> None:
        if fault is None:
            self._deliveries.ack(delivery.id)
        elif delivery.attempt >= self._retries.max_attempts and delivery.topic != DEAD_LETTER_TOPIC:
            self._bury(delivery, fault)
        else:
            self._put_off(delivery, fault)

    def _bury(self, delivery: Delivery, fault: str) -> None:
        if self._deliveries.dead_letter(delivery.id, fault, self._clock.now()):
            self._log.error(
                "message_dead",
                function=delivery.subscription,
                message_id=delivery.message_id,
                attempts=delivery.attempt,
                found=fault,
                what_to_do="correct the cause, then `leadloop dead-letters --replay all`",
            )

    def _put_off(self, delivery: Delivery, fault: str) -> None:
        delay = retry_delay(self._retries, delivery.attempt, chance(self._entropy))
        retry_at = self._clock.now() + timedelta(seconds=delay)
        self._deliveries.nack(delivery.id, retry_at)
        self._log.warning(
            "delivery_refused",
            function=delivery.subscription,
            message_id=delivery.message_id,
            attempt=delivery.attempt,
            found=fault,
            retry_at=str(retry_at),
        )


def consumers(manifest: Manifest) -> Mapping[str, Function]:
    """The functions that messages are pushed to."""
    return {name: function for name, function in manifest.functions.items() if function.topic}


def limit(function: Function) -> int:
    """How many calls a function may answer at once, on all its instances together."""
    return max(1, function.max_instances * function.concurrency)
