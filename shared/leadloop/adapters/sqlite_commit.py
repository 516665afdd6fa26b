"""The writes of one commit, done one after the other inside one SQLite transaction."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from leadloop.adapters import writes
from leadloop.adapters.sqlite_errors import StoreDamaged
from leadloop.adapters.sqlite_members import Members
from leadloop.json_types import JsonObject
from leadloop.ports.store import Create, Delete, Increment, Key, Update, Write

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Transaction:
    """An open transaction; whatever a write raises, the caller rolls all of it back."""

    connection: sqlite3.Connection
    file_name: str
    members: Members
    version: int
    """The version that every document written here gets."""

    def do(self, write: Write) -> None:
        """Do one write. Raises ``PreconditionFailed``, ``DocumentTooLarge`` or ``NotStorable``."""
        key = write.key
        row = self.connection.execute("SELECT version FROM documents WHERE collection = ? AND id = ?", key).fetchone()
        writes.check_precondition(write, row and row[0])
        match write:
            case Create() | Update():
                self._put(key, write.fields, is_new=row is None)
            case Increment():
                before = None if row is None else self._fields(key)
                self._put(key, writes.incremented(write, before), is_new=row is None)
            case Delete():
                self.members.remove(self.connection, key)
                self.connection.execute("DELETE FROM documents WHERE collection = ? AND id = ?", key)

    def _put(self, key: Key, fields: JsonObject, *, is_new: bool) -> None:
        body = _encode(fields)
        if is_new:
            self.connection.execute("INSERT INTO documents VALUES (?, ?, ?, ?)", (*key, self.version, body))
        else:
            self.connection.execute(
                "UPDATE documents SET version = ?, body = ? WHERE collection = ? AND id = ?", (self.version, body, *key)
            )
            self.members.remove(self.connection, key)
        self.members.add(self.connection, key, fields)

    def _fields(self, key: Key) -> JsonObject:
        (body,) = self.connection.execute("SELECT body FROM documents WHERE collection = ? AND id = ?", key).fetchone()
        return fields_of(key, body, self.file_name)


def fields_of(key: Key, body: str, file_name: str) -> JsonObject:
    """Read a stored body. Raises ``StoreDamaged`` when it is not what was written."""
    try:
        fields: JsonObject = json.loads(body)
    except ValueError:
        raise StoreDamaged(file_name, f"{key.collection}/{key.id} is not JSON") from None
    return fields
