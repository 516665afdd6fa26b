"""The file in which messages wait, one row per subscription: shared by publishing and delivery."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from leadloop.adapters.sqlite_file import SqliteFile

SCHEMA = 1

_FIRST_ID = 10_000_000_000_000_000
"""Ids have 17 digits, as Google's do: whoever takes one for a number loses digits in the first test."""

_TABLES = (
    "CREATE TABLE IF NOT EXISTS deliveries (id INTEGER PRIMARY KEY AUTOINCREMENT, subscription TEXT NOT NULL, "
    "topic TEXT NOT NULL, message_id TEXT NOT NULL, body BLOB NOT NULL, attributes TEXT NOT NULL, "
    "published_at TEXT NOT NULL, attempt INTEGER NOT NULL DEFAULT 0, leased INTEGER NOT NULL DEFAULT 0, "
    "ready_at TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS deliveries_by_time ON deliveries (ready_at, id)",
    "CREATE INDEX IF NOT EXISTS deliveries_by_subscription ON deliveries (subscription, ready_at, id)",
    "CREATE TABLE IF NOT EXISTS last_message (id INTEGER NOT NULL)",
)


def open_messages(path: Path, busy_seconds: float) -> SqliteFile:
    """The file, its tables made. Raises ``StoreUnavailable``."""
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
    if connection.execute("SELECT id FROM last_message").fetchone() is None:
        connection.execute("INSERT INTO last_message VALUES (?)", (_FIRST_ID,))
