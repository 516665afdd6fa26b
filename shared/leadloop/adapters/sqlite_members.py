"""The members of lists that queries ask for, in a table of their own, because SQLite indexes no lists."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping

from leadloop.adapters.query_rules import field_at, member_text, order_value
from leadloop.adapters.sqlite_queries import as_sql
from leadloop.json_types import JsonObject
from leadloop.ports.store import Key, Query

_TABLES = (
    "CREATE TABLE IF NOT EXISTS members (collection TEXT NOT NULL, path TEXT NOT NULL, member TEXT NOT NULL, "
    "id TEXT NOT NULL, position, PRIMARY KEY (collection, path, member, id)) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS members_in_order ON members (collection, path, member, position, id)",
    "CREATE INDEX IF NOT EXISTS members_of_document ON members (collection, id)",
    "CREATE TABLE IF NOT EXISTS member_paths (collection TEXT NOT NULL, path TEXT NOT NULL, "
    "PRIMARY KEY (collection, path)) WITHOUT ROWID",
)


class Members:
    """Keeps the table in step with the documents, in the same transaction."""

    def __init__(self, paths: Mapping[str, Mapping[str, str | None]]) -> None:
        """``paths`` are the declared ones, by collection, each with the field its members are ordered by, if any."""
        self._paths = paths

    def prepare(self, connection: sqlite3.Connection) -> None:
        """Make the table, fill it for paths declared since the last time, empty it for those no longer so."""
        _drop_without_positions(connection)
        for statement in _TABLES:
            connection.execute(statement)
        declared = {
            (collection, path if ordered_by is None else f"{path} by {ordered_by}")
            for collection, paths in self._paths.items()
            for path, ordered_by in paths.items()
        }
        present = set(connection.execute("SELECT collection, path FROM member_paths").fetchall())
        for collection, said in present - declared:
            path, _, _ = said.partition(" by ")
            connection.execute("DELETE FROM members WHERE collection = ? AND path = ?", (collection, path))
            connection.execute("DELETE FROM member_paths WHERE collection = ? AND path = ?", (collection, said))
        for collection, said in declared - present:
            path, _, _ = said.partition(" by ")
            connection.execute("INSERT INTO member_paths VALUES (?, ?)", (collection, said))
            for document_id, body in connection.execute(
                "SELECT id, body FROM documents WHERE collection = ?", (collection,)
            ):
                self._insert(connection, Key(collection, document_id), path, json.loads(body))

    def check_declared(self, query: Query) -> None:
        """See that the table can answer. Raises ``ValueError`` when it cannot."""
        for where in query.where:
            if where.operator == "array_contains" and where.path not in self._paths.get(query.collection, ()):
                raise ValueError(
                    f"array_contains on {query.collection} {where.path} is not declared: "
                    "expected one of leadloop.queries.EVERY_QUERY; add the query there"
                )

    def add(self, connection: sqlite3.Connection, key: Key, fields: JsonObject) -> None:
        """Enter a document's members."""
        for path in self._paths.get(key.collection, ()):
            self._insert(connection, key, path, fields)

    def remove(self, connection: sqlite3.Connection, key: Key) -> None:
        """Take a document's members out."""
        if key.collection in self._paths:
            connection.execute("DELETE FROM members WHERE collection = ? AND id = ?", key)

    def _insert(self, connection: sqlite3.Connection, key: Key, path: str, fields: JsonObject) -> None:
        found = field_at(fields, path)
        if found is None or not isinstance(found[0], list):
            return
        ordered_by = self._paths[key.collection][path]
        ordered = field_at(fields, ordered_by) if ordered_by is not None else None
        position = as_sql(order_value(ordered[0])) if ordered is not None else None
        members = {member_text(member) for member in found[0]}
        connection.executemany(
            "INSERT INTO members VALUES (?, ?, ?, ?, ?)",
            [(key.collection, path, member, key.id, position) for member in members],
        )


def _drop_without_positions(connection: sqlite3.Connection) -> None:
    """A table made before members had positions is made anew; it holds nothing that documents do not."""
    columns = [row[1] for row in connection.execute("PRAGMA table_info(members)")]
    if columns and "position" not in columns:
        connection.execute("DROP TABLE members")
        connection.execute("DROP TABLE member_paths")
