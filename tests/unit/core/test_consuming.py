"""Answering the bus: acknowledged, asked for again, or set aside for good."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from leadloop.adapters.memory_store import MemoryStore
from leadloop.consuming import ACKNOWLEDGED, REDELIVER, consume
from leadloop.identity.sealing import unseal
from leadloop.messages import LeadRegistered, Message, MessageUnreadable, encode, wrap_push
from leadloop.ports.bus import PublishFailed
from leadloop.ports.store import Document, Key, PreconditionFailed, StoreUnavailable, Write
from support.policies import SEAL_PRIVATE_KEY
from support.world import World

REGISTERED = LeadRegistered(event_id="e-1", lead_id="anna")
CALL = "+79990000003"


class LockedStore(MemoryStore):
    """Nothing can be written."""

    def commit(self, writes: Sequence[Write]) -> None:
        raise StoreUnavailable("database is locked")


class Handler:
    """Remembers what it was handed, and fails if told to."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.handed: list[Message] = []
        self._failure = failure

    def __call__(self, message: Message) -> None:
        self.handed.append(message)
        if self._failure is not None:
            raise self._failure


def push(body: bytes) -> bytes:
    return wrap_push(body, "7", "2026-09-01T09:00:00.000000Z", {}, "deliver-lead", 1)


def kept(world: World) -> Document:
    return world.the("quarantine")


def test_a_message_is_handed_on_and_acknowledged(world: World) -> None:
    handler = Handler()
    assert consume(world.runtime, push(encode(REGISTERED)), handler) == ACKNOWLEDGED
    assert handler.handed == [REGISTERED]


@pytest.mark.parametrize(
    "failure",
    [
        StoreUnavailable("database is locked"),
        PublishFailed("disk full"),
        PreconditionFailed(Key("lead", "anna"), "version 1", "version 2"),
    ],
)
def test_what_may_work_later_is_asked_for_again(world: World, failure: Exception) -> None:
    assert consume(world.runtime, push(encode(REGISTERED)), Handler(failure)) == REDELIVER
    assert world.log.events("WARNING") == ["delivery_put_off"]
    assert not world.documents("quarantine")


def test_a_defect_is_not_hidden(world: World) -> None:
    with pytest.raises(ZeroDivisionError):
        consume(world.runtime, push(encode(REGISTERED)), Handler(ZeroDivisionError()))


@pytest.mark.parametrize("body", [CALL.encode(), push(CALL.encode()), push(f'{{"type": "{CALL}"}}'.encode())])
def test_what_can_never_be_read_rests_sealed_and_is_acknowledged(world: World, body: bytes) -> None:
    handler = Handler()
    assert consume(world.runtime, body, handler) == ACKNOWLEDGED
    assert not handler.handed
    assert unseal(SEAL_PRIVATE_KEY, str(kept(world).fields["body_sealed"])) == body
    assert CALL not in str(kept(world).fields)
    assert CALL not in str(world.log.entries)
    assert world.log.events("ERROR") == ["message_quarantined"]


def test_a_message_of_somebody_elses_topic_is_set_aside(world: World) -> None:
    failure = MessageUnreadable("expected lead_captured, found lead_registered")
    assert consume(world.runtime, push(encode(REGISTERED)), Handler(failure)) == ACKNOWLEDGED
    assert kept(world).fields["reason"] == str(failure)


def test_the_same_bytes_again_are_set_aside_once(world: World) -> None:
    for _ in range(3):
        assert consume(world.runtime, push(b"x"), Handler()) == ACKNOWLEDGED
    assert kept(world).fields["kind"] == "message"


def test_what_cannot_even_be_set_aside_comes_again(world: World) -> None:
    world.store = LockedStore()
    assert consume(world.runtime, push(b"x"), Handler()) == REDELIVER
