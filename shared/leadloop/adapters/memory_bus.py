"""Messages in memory, as they would cross a real bus: as bytes. For unit tests and simulations."""

from __future__ import annotations

import threading
from collections.abc import Collection

from leadloop.messages import Message, decode, encode
from leadloop.ports.bus import PublishFailed


class MemoryBus:
    """A ``Bus`` that keeps what was published, by topic, until it is drained; safe for threads."""

    def __init__(self, topics: Collection[str] | None = None) -> None:
        """``topics`` are the ones there are; ``None``: any."""
        self.failing = False
        """Whether every publish raises ``PublishFailed``, as when the disk is full."""
        self._topics = None if topics is None else frozenset(topics)
        self._bodies: dict[str, list[bytes]] = {}
        self._last_id = 10_000_000_000_000_000
        self._lock = threading.Lock()

    def publish(self, topic: str, message: Message) -> str:
        """See ``Bus``."""
        if self._topics is not None and topic not in self._topics:
            known = ", ".join(sorted(self._topics))
            raise PublishFailed(f"there is no topic {topic}: expected one of {known}; correct the manifest")
        if self.failing:
            raise PublishFailed(f"{message.type} is not on {topic}: the bus was told to fail")
        with self._lock:
            self._bodies.setdefault(topic, []).append(encode(message))
            self._last_id += 1
            return str(self._last_id)

    def published(self, topic: str) -> list[Message]:
        """What waits on the topic, in the order of publishing. Raises ``MessageUnreadable``."""
        with self._lock:
            return [decode(body) for body in self._bodies.get(topic, ())]

    def drain(self, topic: str) -> list[Message]:
        """Take all that waits on the topic off it. Raises ``MessageUnreadable``."""
        with self._lock:
            return [decode(body) for body in self._bodies.pop(topic, ())]
