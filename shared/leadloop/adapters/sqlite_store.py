"""Documents in one SQLite file: durable, and safe for threads and processes."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path

from leadloop import timestamps
from leadloop.adapters import query_rules, sqlite_queries, writes
from leadloop.adapters.document_size import document_size
from leadloop.adapters.sqlite_commit import Transaction, fields_of
from leadloop.adapters.sqlite_file import SqliteFile
from leadloop.adapters.sqlite_members import Members
from leadloop.ports.store import Delete, Document, Key, Page, Query, Usage, Write
from leadloop.queries import EVERY_QUERY

SCHEMA = 1
_KEYS_AT_ONCE = 500
_SELECT = "SELECT id, version, body FROM documents WHERE collection = ?"
_EXPIRY = "CASE json_type(body, '$.expires_at') WHEN 'text' THEN json_extract(body, '$.expires_at') END"
_EXPIRED = (
    f"SELECT collection, id FROM documents INDEXED BY documents_by_expiry "  # noqa: S608 (constants)
    f"WHERE {_EXPIRY} <= ? ORDER BY {_EXPIRY} LIMIT ?"
)
_TABLES = (
    "CREATE TABLE IF NOT EXISTS documents (collection TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, "
    "body TEXT NOT NULL, PRIMARY KEY (collection, id))",
    "CREATE TABLE IF NOT EXISTS last_version (version INTEGER NOT NULL)",
    "INSERT INTO last_version SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM last_version)",
    f"CREATE INDEX IF NOT EXISTS documents_by_expiry ON documents ({_EXPIRY}) WHERE {_EXPIRY} IS NOT NULL",
)


class SqliteStore:
    """A ``Store`` in the file ``path``, which is made when absent; its directory must exist.

    ``queries`` are the ones that get an index; others are answered by reading the whole collection,
    but for ``array_contains``, which must be declared. A commit returns when it is on the disk.
    Raises ``StoreUnavailable``, on opening too; a lock is waited for ``busy_seconds``.
    """

    def __init__(self, path: Path, queries: Iterable[Query] = EVERY_QUERY, busy_seconds: float = 5.0) -> None:
        self.usage = Usage()
        self._usage_lock = threading.Lock()
        declared = tuple(queries)
        self._members = Members(sqlite_queries.member_paths(declared))
        self._indexes = sqlite_queries.indexes(declared)
        self._file = SqliteFile(path, "documents", SCHEMA, self._prepare, busy_seconds)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        for statement in _TABLES:
            connection.execute(statement)
        self._members.prepare(connection)
        present = dict(
            connection.execute(
                "SELECT name, sql FROM sqlite_master WHERE name LIKE '% with %' OR name LIKE '% in order of %'"
            ).fetchall()
        )
        for name in present.keys() - {name for name, sql in self._indexes.items() if present.get(name) == sql}:
            connection.execute(f'DROP INDEX "{name}"')
        for name, sql in self._indexes.items():
            if present.get(name) != sql:
                connection.execute(sql)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        """See ``Store``."""
        wanted = sorted(set(keys))
        for key in wanted:
            document_size(key, {})
        found: dict[Key, Document] = {}
        with self._file.snapshot() if len(wanted) > 1 else self._file.reading() as connection:
            for collection, group in groupby(wanted, lambda key: key.collection):
                ids = [key.id for key in group]
                for start in range(0, len(ids), _KEYS_AT_ONCE):
                    some = ids[start : start + _KEYS_AT_ONCE]
                    places = ", ".join("?" * len(some))
                    rows = connection.execute(f"{_SELECT} AND id IN ({places})", (collection, *some))
                    found.update((document.key, document) for document in self._read(collection, rows))
        self._count(reads=len(wanted))
        return [found.get(key) for key in keys]

    def commit(self, batch: Sequence[Write]) -> None:
        """See ``Store``."""
        writes.check(batch)
        if not batch:
            return
        with self._file.writing() as connection:
            connection.execute("UPDATE last_version SET version = version + 1")
            (version,) = connection.execute("SELECT version FROM last_version").fetchone()
            transaction = Transaction(connection, self._file.name, self._members, version)
            for write in batch:
                transaction.do(write)
        self._count(writes=len(batch))

    def delete_expired(self, now: datetime, limit: int) -> int:
        """Delete up to ``limit`` documents whose ``expires_at`` has come, the longest expired first; returns how many.

        This adapter's own TTL, in the place of Firestore's TTL policies
        (https://firebase.google.com/docs/firestore/ttl): no part of ``Store``, and nothing may rely on its
        being in time. Whoever hosts the store calls it. Raises ``StoreUnavailable``.
        """
        with self._file.writing() as connection:
            expired = connection.execute(_EXPIRED, (timestamps.to_text(now), limit)).fetchall()
            transaction = Transaction(connection, self._file.name, self._members, version=0)
            for collection, document_id in expired:
                transaction.do(Delete(Key(collection, document_id)))
        self._count(writes=len(expired))
        return len(expired)

    def query(self, query: Query, cursor: str | None = None) -> Page:
        """See ``Store``."""
        self._members.check_declared(query)
        statement = sqlite_queries.page(query, cursor, self._indexes)
        with self._file.reading() as connection:
            documents = self._read(query.collection, connection.execute(statement.sql, statement.values))
        self._count(reads=max(1, len(documents)))
        page = tuple(documents[: query.limit])
        shape = query_rules.shape_of(query)
        return Page(page, query_rules.write_cursor(shape, page[-1]) if len(documents) > query.limit else None)

    def count(self, query: Query) -> int:
        """See ``Store``."""
        self._members.check_declared(query)
        statement = sqlite_queries.count(query, self._indexes)
        with self._file.reading() as connection:
            number: int = connection.execute(statement.sql, statement.values).fetchone()[0]
        self._count(reads=max(1, -(-number // 1000)))
        return number

    def _read(self, collection: str, rows: Iterable[tuple[str, int, str]]) -> list[Document]:
        keyed = ((Key(collection, row[0]), row[1], row[2]) for row in rows)
        return [Document(key, fields_of(key, body, self._file.name), str(version)) for key, version, body in keyed]

    def _count(self, reads: int = 0, writes: int = 0) -> None:
        with self._usage_lock:
            self.usage.reads += reads
            self.usage.writes += writes
