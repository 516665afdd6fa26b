"""drain-spool at its front door: what the bus would not take gets there, in order, and leaves only then."""

from __future__ import annotations

import json

from leadloop.identity.sealing import unseal
from leadloop.leases import lease
from leadloop.messages import LeadRegistered, Message
from leadloop.ports.bus import PublishFailed
from leadloop.ports.store import Create, Key
from leadloop.spool import drain, publish_or_spool
from support.policies import SEAL_PRIVATE_KEY
from support.world import World


def spool(world: World, count: int) -> list[str]:
    """Leads announced while the bus was down, a second apart."""
    world.memory_bus.failing = True
    ids = [f"event-{9 - place}" for place in range(count)]
    for id_ in ids:
        assert publish_or_spool(world.runtime, "leads", LeadRegistered(event_id=id_, lead_id="lead-1")) == "spool"
        world.clock.advance(seconds=1)
    world.memory_bus.failing = False
    return ids


def tick(world: World) -> dict[str, object]:
    answer = world.client("drain-spool").post("/")
    assert answer.status_code == 200
    said: dict[str, object] = json.loads(answer.text)
    return said


class BreakingBus:
    """A bus that takes so many messages and then no more."""

    def __init__(self, world: World, takes: int) -> None:
        self.inner = world.memory_bus
        self.takes = takes

    def publish(self, topic: str, message: Message) -> str:
        if self.takes == 0:
            raise PublishFailed("the disk is full again")
        self.takes -= 1
        return self.inner.publish(topic, message)


def published(world: World) -> list[str]:
    return [message.event_id for message in world.memory_bus.on("leads")]


def test_spooled_messages_are_published_oldest_first_and_leave(world: World) -> None:
    ids = spool(world, 3)
    assert tick(world) == {"republished": 3, "quarantined": 0, "stopped": ""}
    assert published(world) == ids
    assert world.documents("spool") == []
    assert tick(world)["republished"] == 0


def test_a_message_leaves_only_once_it_is_on_the_bus(world: World) -> None:
    ids = spool(world, 3)
    world.bus = BreakingBus(world, takes=1)
    assert tick(world) == {"republished": 1, "quarantined": 0, "stopped": "the disk is full again"}
    assert [document.key.id for document in world.documents("spool")] == sorted(ids[1:])
    assert world.log.events("WARNING")[-1] == "spool_left"
    world.bus = world.memory_bus
    tick(world)
    assert published(world) == ids


def test_a_run_publishes_a_bounded_number(world: World) -> None:
    ids = spool(world, 5)
    drained = drain(world.runtime, most=2)
    assert (drained.republished, published(world)) == (2, ids[:2])
    assert "at most 2" in drained.stopped


def test_a_second_run_at_the_same_time_does_nothing(world: World) -> None:
    spool(world, 2)
    with lease(world.store, world.clock, "drain-spool", "another-run", 120):
        assert "leased until" in str(tick(world)["stopped"])
    assert published(world) == []
    assert tick(world)["republished"] == 2


def test_two_runs_that_meet_all_the_same_lose_nothing(world: World) -> None:
    """A lease may end under a slow run; then a message may be published twice, never not at all."""
    ids = spool(world, 3)
    outer = world.memory_bus

    class MeetingBus:
        def publish(self, topic: str, message: Message) -> str:
            if not outer.published:
                world.bus = outer
                drain(world.runtime, most=10)
            return outer.publish(topic, message)

    world.bus = MeetingBus()
    drain(world.runtime, most=10)
    assert world.documents("spool") == []
    assert sorted(set(published(world))) == sorted(ids)


def test_a_spooled_message_of_another_version_is_set_aside_and_does_not_hold_up_the_rest(world: World) -> None:
    foreign = {
        "topic": "leads",
        "message": '{"type": "lead_erased", "phone": "89990000003"}',
        "spooled_at": "2026-01-01",
    }
    world.store.commit([Create(Key("spool", "event-0"), {**foreign})])
    ids = spool(world, 1)
    assert tick(world) == {"republished": 1, "quarantined": 1, "stopped": ""}
    assert (published(world), world.documents("spool")) == (ids, [])
    kept = world.the("quarantine").fields
    assert unseal(SEAL_PRIVATE_KEY, str(kept["body_sealed"])).decode() == foreign["message"]
