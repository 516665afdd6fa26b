"""Messages in one SQLite file, apart from the documents, so that neither waits for the other's lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from leadloop import timestamps
from leadloop.adapters.sqlite_deliveries import Deliveries, Delivery, QueueCounts
from leadloop.adapters.sqlite_messages import insert, open_messages
from leadloop.messages import Message, encode
from leadloop.ports.bus import PublishFailed
from leadloop.ports.clock import Clock
from leadloop.ports.store import StoreUnavailable

__all__ = ["PUBLISH_WAIT", "Deliveries", "Delivery", "QueueCounts", "SqliteBus"]

PUBLISH_WAIT = 0.8
"""Seconds a publish waits for its turn; the rest of the promised one is for the disk."""


class SqliteBus:
    """A ``Bus`` in the file ``path``, which is made when absent; ``Deliveries`` is its other side.

    ``topology`` is topic to subscriptions; each subscription of the topic gets a row, all in one durable
    commit. Opening raises ``StoreUnavailable``.
    """

    def __init__(self, path: Path, topology: Mapping[str, Sequence[str]], clock: Clock) -> None:
        self._topology = {topic: tuple(subscriptions) for topic, subscriptions in topology.items()}
        self._clock = clock
        self._file = open_messages(path, PUBLISH_WAIT)

    def publish(self, topic: str, message: Message) -> str:
        """See ``Bus``; only a disk that stalls inside a commit can take longer than the second.

        A topic without subscriptions is a failure too: on it, the message would be lost.
        """
        subscriptions = self._topology.get(topic)
        if not subscriptions:
            heard = ", ".join(sorted(name for name, some in self._topology.items() if some))
            raise PublishFailed(
                f"{message.type} is not on {topic}: nobody subscribes to it; expected one of {heard}; "
                "correct functions.yaml"
            )
        body = encode(message)
        attributes = {"event_id": message.event_id, "type": message.type}
        now = timestamps.to_text(self._clock.now())
        try:
            with self._file.writing() as connection:
                return insert(connection, subscriptions, topic, body, attributes, now)
        except StoreUnavailable as error:
            raise PublishFailed(f"{message.type} is not on {topic}: {error}") from error

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
