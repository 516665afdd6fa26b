"""Messages in memory, as they would cross a real bus: as bytes. For unit tests and simulations."""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import NamedTuple

from leadloop.messages import Message, MessageRead, decode, encode
from leadloop.ports.bus import PublishFailed


class Published(NamedTuple):
    """A message as it came off the wire."""

    topic: str
    id: str
    message: MessageRead


class MemoryBus:
    """A ``Bus`` that keeps all that was published, in order; safe for threads."""

    def __init__(self, topics: Collection[str] | None = None) -> None:
        """``topics`` are the ones that somebody subscribes to; ``None``: any."""
        self.failing = False
        """Whether every publish raises ``PublishFailed``, as when the disk is full."""
        self._topics = None if topics is None else frozenset(topics)
        self._drained: dict[str, int] = {}
        self._on_the_wire: list[tuple[str, str, bytes]] = []
        self._arrived: list[Published] = []
        self._lock = threading.Lock()

    def publish(self, topic: str, message: Message) -> str:
        """See ``Bus``."""
        if self._topics is not None and topic not in self._topics:
            heard = ", ".join(sorted(self._topics))
            raise PublishFailed(f"{message.type} is not on {topic}: nobody subscribes to it; expected one of {heard}")
        if self.failing:
            raise PublishFailed(f"{message.type} is not on {topic}: the bus was told to fail")
        body = encode(message)
        with self._lock:
            message_id = str(10_000_000_000_000_001 + len(self._on_the_wire))
            self._on_the_wire.append((topic, message_id, body))
        return message_id

    @property
    def published(self) -> list[Published]:
        """All there ever was, drained or not."""
        with self._lock:
            for topic, message_id, body in self._on_the_wire[len(self._arrived) :]:
                self._arrived.append(Published(topic, message_id, decode(body)))
            return self._arrived

    def on(self, topic: str) -> list[MessageRead]:
        """Everything published on the topic, in order."""
        return [published.message for published in self.published if published.topic == topic]

    def drain(self, topic: str) -> list[MessageRead]:
        """What was published on the topic since it was last drained."""
        messages = self.on(topic)
        with self._lock:
            start = self._drained.get(topic, 0)
            self._drained[topic] = max(start, len(messages))
        return messages[start:]
