"""A real host deletes what has expired, when it starts and as its clock goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from leadloop import timestamps
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.ports.store import Create, Key, Query
from support.settable_clock import MORNING
from unit.host.host_driver import Launch, hosts, wait_until


@pytest.fixture
def a_host(tmp_path: Path) -> Iterator[Launch]:
    with hosts(tmp_path / "data") as make:
        yield make


def test_expired_documents_leave_while_the_host_runs(a_host: Launch) -> None:
    host = a_host(MORNING)
    host.data.mkdir()
    store = SqliteStore(host.data / "documents.db")
    ends = {"expired": MORNING, "in-an-hour": MORNING + timedelta(hours=1), "later": MORNING + timedelta(days=30)}
    store.commit([Create(Key("quarantine", name), {"expires_at": timestamps.to_text(at)}) for name, at in ends.items()])

    def left() -> list[str]:
        return [document.key.id for document in store.query(Query("quarantine")).documents]

    host.start()
    wait_until(lambda: left() == ["in-an-hour", "later"], "the expired document is deleted")
    host.set_clock(MORNING + timedelta(hours=1))
    wait_until(lambda: left() == ["later"], "so is the one that expires in an hour")
    store.close()
