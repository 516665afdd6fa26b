"""examples/one-server/replay-dead-letters.sql, run on a real store: what died is delivered again, once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from leadloop import manifest as manifests
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.messages import LeadCaptured, Message, encode
from support.policies import ORIGIN
from support.world import FUNCTIONS, World

SCRIPT = Path(__file__).parents[2] / "examples" / "one-server" / "replay-dead-letters.sql"
DIED = {"CloudPubSubDeadLetterSourceSubscription": "register-lead", "CloudPubSubDeadLetterSourceDeliveryCount": "8"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World()
    world.store = SqliteStore(tmp_path / "documents.db")
    with world.in_force():
        yield world


def captured(world: World) -> LeadCaptured:
    world.client("capture-lead").post("/", json={"phone": "89990000001"}, headers={"Origin": ORIGIN})
    message = world.memory_bus.published[-1].message
    assert isinstance(message, LeadCaptured)
    return message


def replay(file: Path) -> None:
    """Run the script as the sqlite3 shell does; ``.bail`` is the shell's own command."""
    lines = SCRIPT.read_text(encoding="utf-8").splitlines(keepends=True)
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        connection.executescript("".join(line for line in lines if not line.startswith(".")))
    finally:
        connection.close()


def test_a_dead_lead_becomes_a_lead_once(world: World, tmp_path: Path) -> None:
    message = captured(world)
    assert world.push_bytes("keep-dead-letter", encode(message), DIED).status_code == 204
    replay(tmp_path / "documents.db")
    replay(tmp_path / "documents.db")
    assert world.documents("dead_letter") == []
    assert world.client("drain-spool").post("/").status_code == 200
    assert [one.message.event_id for one in world.memory_bus.published] == [message.event_id] * 2
    world.settle(frozenset({"register-lead"}))
    assert world.totals("leads") == 1


def test_a_foreign_dead_letter_stays_where_it_is(world: World, tmp_path: Path) -> None:
    world.push_bytes("keep-dead-letter", b"nothing of ours", DIED)
    replay(tmp_path / "documents.db")
    assert world.the("dead_letter").fields["message"] is None
    assert world.documents("spool") == []


def test_every_message_is_sent_to_a_topic_whose_consumer_knows_it() -> None:
    script = SCRIPT.read_text(encoding="utf-8")
    topics = manifests.load(FUNCTIONS / "functions.yaml").topics
    types = {member.model_fields["type"].default for member in get_args(get_args(Message)[0])}
    named = {type_ for type_ in types if f"WHEN '{type_}'" in script}
    assert types - named == {"crm_entity_touched", "hint_unreadable"}
    assert {"submissions", "leads", "crm-hints"} <= set(topics)
