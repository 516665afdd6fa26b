"""Messages in one SQLite file, apart from the documents: publishing them durably."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from leadloop import timestamps
from leadloop.adapters.sqlite_file import SqliteFile
from leadloop.messages import Message, encode
from leadloop.ports.bus import PublishFailed
from leadloop.ports.clock import Clock
from leadloop.ports.store import StoreUnavailable

SCHEMA = 1
PUBLISH_WAIT = 0.4
"""Seconds a publish waits for other threads, and again for other processes: 0.8 s, under the promised 1."""

_FIRST_ID = "10000000000000000"
"""Ids have 17 digits, as Google's do: whoever takes one for a number loses digits in the first test."""

_TABLES = (
    "CREATE TABLE IF NOT EXISTS deliveries (id INTEGER PRIMARY KEY AUTOINCREMENT, subscription TEXT NOT NULL, "
    "topic TEXT NOT NULL, message_id TEXT NOT NULL, body BLOB NOT NULL, attributes TEXT NOT NULL, "
    "published_at TEXT NOT NULL, attempt INTEGER NOT NULL DEFAULT 0, leased INTEGER NOT NULL DEFAULT 0, "
    "ready_at TEXT NOT NULL)",
    'CREATE INDEX IF NOT EXISTS "deliveries by time" ON deliveries (ready_at, id)',
    'CREATE INDEX IF NOT EXISTS "deliveries by subscription" ON deliveries (subscription, ready_at, id)',
    "CREATE TABLE IF NOT EXISTS last_message (id INTEGER NOT NULL)",
    "INSERT INTO last_message SELECT " + _FIRST_ID + " WHERE NOT EXISTS (SELECT 1 FROM last_message)",
)


class SqliteBus:
    """A ``Bus`` in the file ``path``: one row per subscription of the topic, in one durable commit.

    ``topology`` is topic to subscriptions. A topic without any is refused with ``ValueError``, because
    its messages would vanish. Opening raises ``StoreUnavailable``.
    """

    def __init__(self, path: Path, topology: Mapping[str, Sequence[str]], clock: Clock) -> None:
        self._topology = checked(topology)
        self._clock = clock
        self._file = open_messages(path, PUBLISH_WAIT)

    def publish(self, topic: str, message: Message) -> str:
        """See ``Bus``; only a disk that stalls inside a commit can take longer than the second."""
        if topic not in self._topology:
            known = ", ".join(sorted(self._topology))
            raise PublishFailed(f"there is no topic {topic}: expected one of {known}; correct the manifest")
        body = encode(message)
        attributes = {"event_id": message.event_id, "type": message.type}
        try:
            with self._file.writing() as connection:
                return insert(connection, self._topology[topic], topic, body, attributes, self._now())
        except StoreUnavailable as error:
            raise PublishFailed(f"{message.type} is not on {topic}: {error}") from error

    def _now(self) -> str:
        return timestamps.to_text(self._clock.now())

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def checked(topology: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The topology, copied. Raises ``ValueError`` on a topic that nobody receives."""
    for topic, subscriptions in topology.items():
        if not subscriptions:
            raise ValueError(f"topic {topic} has no subscription: expected at least one, or its messages are lost")
    return {topic: tuple(subscriptions) for topic, subscriptions in topology.items()}


def open_messages(path: Path, busy_seconds: float) -> SqliteFile:
    """The messages' file, its tables made. Raises ``StoreUnavailable``."""
    return SqliteFile(path, "messages", SCHEMA, _prepare, busy_seconds)


def insert(
    connection: sqlite3.Connection,
    subscriptions: Sequence[str],
    topic: str,
    body: bytes,
    attributes: Mapping[str, str],
    now: str,
) -> str:
    """Put a message in front of each subscription, inside the caller's transaction; return its new id."""
    connection.execute("UPDATE last_message SET id = id + 1")
    message_id = str(connection.execute("SELECT id FROM last_message").fetchone()[0])
    written = json.dumps(attributes, ensure_ascii=False)
    connection.executemany(
        "INSERT INTO deliveries (subscription, topic, message_id, body, attributes, published_at, ready_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(subscription, topic, message_id, body, written, now, now) for subscription in subscriptions],
    )
    return message_id


def _prepare(connection: sqlite3.Connection) -> None:
    for statement in _TABLES:
        connection.execute(statement)
