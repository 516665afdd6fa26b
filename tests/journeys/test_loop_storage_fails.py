"""The disk is full, a database damaged or locked: a clear refusal, nothing lost, and all goes on after the repair."""

from __future__ import annotations

import resource
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
import requests

from journeys.loop import Loop
from journeys.visitors import ANNA, BORIS, VERA
from leadloop_host.demo.processes import HOST, DidNotStart

UNLIMITED = resource.RLIM_INFINITY


@contextmanager
def full_disk(loop: Loop) -> Iterator[None]:
    """No file of the host can grow, or be written behind its first byte."""
    pid = loop.processes.pid_of(HOST)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, UNLIMITED))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (UNLIMITED, UNLIMITED))


def assert_loop_closes(loop: Loop, leads: dict[str, str]) -> None:
    """Every lead (ClientID → id) has its one deal and is counted once."""
    for _ in range(2):
        loop.pass_time(hours=2)
    assert {lead_id: len(deals) for lead_id, deals in loop.deals().items()} == dict.fromkeys(leads.values(), 1)
    assert loop.counted() == Counter((client_id, "lead_received") for client_id in leads)
    assert loop.ledger("metrica")["resent_rows"] == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux limits another process's files")
def test_on_a_full_disk_a_form_is_refused_and_may_be_sent_again_when_there_is_room(loop: Loop) -> None:
    leads = {ANNA.client_id: loop.send_form(ANNA)}
    loop.settle()
    with full_disk(loop):
        refused = loop.post_form(BORIS)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        error = refused.json()["error"]
        assert (error["code"], error["what_to_do"]) == ("unavailable", "send it again in a few seconds")
        upload = requests.post(f"{loop.world.host}/upload-conversions", timeout=240)
        assert (upload.status_code, upload.json()["error"]["code"]) == (503, "unavailable")
        assert loop.counted() == {}
    leads |= {visitor.client_id: loop.send_form(visitor) for visitor in (BORIS, VERA)}
    assert_loop_closes(loop, leads)


def test_while_messages_cannot_be_written_forms_are_spooled_and_published_later(loop: Loop) -> None:
    with closing(sqlite3.connect(loop.data / "messages.db", isolation_level=None)) as backup:
        backup.execute("BEGIN IMMEDIATE")
        leads = {visitor.client_id: loop.send_form(visitor) for visitor in (ANNA, BORIS)}
        assert len(loop.documents("spool")) == 2
        backup.execute("ROLLBACK")
    [spooled, *_] = loop.logged("message_spooled")
    assert "messages.db is locked" in spooled["reason"]
    loop.pass_time(minutes=5)  # drain-spool
    assert loop.documents("spool") == []
    assert_loop_closes(loop, leads)


def assert_start_refused(loop: Loop, damaged: str) -> None:
    with pytest.raises(DidNotStart) as refusal:
        loop.start_host()
    said = str(refusal.value)
    assert f"{damaged} is damaged" in said
    assert "restore the latest backup" in said
    assert "Traceback" not in said
    assert loop.processes.stop(HOST) == 1


def test_on_a_damaged_database_the_host_refuses_to_start_and_says_what_to_do(loop: Loop) -> None:
    leads = {ANNA.client_id: loop.send_form(ANNA)}
    loop.settle()
    loop.stop_host()
    for name in ("documents.db", "messages.db"):
        database = loop.data / name
        backup = database.read_bytes()
        database.write_bytes(backup[:4096] + b"\xa5" * (len(backup) - 4096))
        assert_start_refused(loop, damaged=name)
        database.write_bytes(backup)
    loop.start_host()
    leads[BORIS.client_id] = loop.send_form(BORIS)
    assert_loop_closes(loop, leads)
