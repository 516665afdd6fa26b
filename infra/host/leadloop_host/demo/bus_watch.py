"""Whether Google's Pub/Sub emulator has come to rest. It does not say, so a copy of every message is read."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from google.pubsub_v1 import SubscriberClient
from google.pubsub_v1.types import PubsubMessage

from leadloop.dead_letters import SOURCE_SUBSCRIPTION
from leadloop_host.demo.relay_ledger import RelayLedger, Underway
from leadloop_host.demo.world import QUIET_WITHIN, NotQuiet
from leadloop_host.push_topology import PushTopology, emulated_pubsub

_AT_ONCE = 200
_PAUSE = (0.004, 0.05)


class BusWatch:
    """Compares what was published with what each consumer has acknowledged to the relay."""

    def __init__(self, topology: PushTopology, subscriber: SubscriberClient, ledger: RelayLedger) -> None:
        self._topology = topology
        self._subscriber = subscriber
        self._ledger = ledger
        self._consumers = topology.manifest.subscriptions()
        self._pending: dict[str, dict[str, PubsubMessage]] = {
            name: {} for names in self._consumers.values() for name in names
        }
        self.published: Counter[str] = Counter()
        """Messages seen so far, by topic."""

    @classmethod
    @contextmanager
    def on(cls, topology: PushTopology, emulator: str, ledger: RelayLedger) -> Iterator[Self]:
        """Watch from now on, so before anything is published."""
        with emulated_pubsub(emulator) as (_, subscriber):
            watch = cls(topology, subscriber, ledger)
            for topic in topology.manifest.topics:
                subscriber.create_subscription(name=watch._copies_of(topic), topic=topology.topic(topic))
            yield watch

    def outstanding(self) -> dict[str, list[str]]:
        """Consumer to the types of messages that it has not acknowledged and that are not dead letters either."""
        return {
            name: sorted(message.attributes.get("type", "") for message in messages.values())
            for name, messages in self._unacknowledged().items()
        }

    def is_quiet(self) -> bool:
        """Whether every message is done with and nothing is under way."""
        rest = self._rest()
        return rest is not None and rest.held is None

    def settle(self) -> bool:
        """Say whether the bus is quiet; a message that the relay holds back while nothing else is left is let go."""
        rest = self._rest()
        if rest is None or rest.held is None:
            return rest is not None
        self._ledger.let_go()
        return False

    def wait_until_quiet(self, within: float = QUIET_WITHIN) -> None:
        """Return when the bus is quiet. Raises ``NotQuiet``, which says what is outstanding."""
        deadline = time.monotonic() + within
        pause, longest = _PAUSE
        while not self.settle():
            if time.monotonic() > deadline:
                raise NotQuiet(f"the bus is still busy after {within:.0f} s: not acknowledged: {self.outstanding()}")
            time.sleep(pause)
            pause = min(pause * 1.5, longest)

    def _rest(self) -> Underway | None:
        """How it stands, if every message is done with but the one that is held back.

        Only functions publish, and they do so before they answer: so if nothing was at work and nothing came while
        the copies were read, there is nothing that was not read.
        """
        underway = self._ledger.underway
        if underway.at_work:
            return None
        left = {(name, message_id) for name, pending in self._unacknowledged().items() for message_id in pending}
        held = {(underway.held.subscription, underway.held.message_id)} if underway.held else set()
        return underway if left == held and self._ledger.underway == underway else None

    def _unacknowledged(self) -> dict[str, dict[str, PubsubMessage]]:
        for topic in self._topology.manifest.topics:
            self._read(topic)
        for name, pending in self._pending.items():
            for message_id in self._ledger.acknowledged(name) & pending.keys():
                del pending[message_id]
        return {name: pending for name, pending in self._pending.items() if pending}

    def _read(self, topic: str) -> None:
        path = self._copies_of(topic)
        while received := self._pull(path):
            for message in received.values():
                self.published[topic] += 1
                self._expect(topic, message)
            self._subscriber.acknowledge(subscription=path, ack_ids=list(received))

    def _expect(self, topic: str, message: PubsubMessage) -> None:
        for name in self._consumers[topic]:
            self._pending[name][message.message_id] = message
        if source := message.attributes.get(SOURCE_SUBSCRIPTION):
            self._give_up(source.removeprefix(self._topology.prefix), message.attributes.get("event_id", ""))

    def _give_up(self, name: str, event_id: str) -> None:
        """The bus made a message of that event a dead letter: under an id of its own, so it is found by the event."""
        pending = self._pending[name]
        for message_id, message in pending.items():
            if message.attributes.get("event_id") == event_id:
                del pending[message_id]
                return

    def _pull(self, path: str) -> dict[str, PubsubMessage]:
        request = {"subscription": path, "max_messages": _AT_ONCE, "return_immediately": True}
        with (
            warnings.catch_warnings()
        ):  # deprecated because real services may say "nothing" too early; this one does not
            warnings.simplefilter("ignore", DeprecationWarning)
            answer = self._subscriber.pull(request=request)
        return {one.ack_id: one.message for one in answer.received_messages}

    def _copies_of(self, topic: str) -> str:
        return self._topology.subscription(f"copies-of-{topic}")
